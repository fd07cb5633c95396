/**
 * The server that most tutorials end with: Express and Mongoose, hydrated documents, pages by skip and limit, a search
 * by regular expression. Its collection has the same engines, but as its model alone creates it: without a validator, and
 * without an index except that of `_id`.
 */
import { once } from 'node:events';
import express from 'express';
import mongoose from 'mongoose';
import { benchUri } from './engines.ts';

const engineSchema = new mongoose.Schema(
  {
    title: { type: String, required: true, maxlength: 128 },
    thrust: { type: Number, default: 0, min: 0 },
    lastFired: { type: Date, default: null },
  },
  { timestamps: true, collection: 'tutorial' },
);
const Engine = mongoose.model('Engine', engineSchema);

const app = express();
app.use(express.json());

app.get('/engines', async (request, response) => {
  const { search } = request.query;
  const page = Number(request.query['page'] ?? 1);
  const limit = Number(request.query['limit'] ?? 50);
  const filter = typeof search === 'string' ? { title: { $regex: search, $options: 'i' } } : {};
  const engines = await Engine.find(filter)
    .skip((page - 1) * limit)
    .limit(limit);
  response.json(engines);
});

app.get('/engines/:id', async (request, response) => {
  const engine = await Engine.findById(request.params.id);
  if (engine) response.json(engine);
  else response.status(404).json({ message: 'Engine not found' });
});

app.post('/engines', async (request, response) => {
  response.status(201).json(await Engine.create(request.body));
});

app.patch('/engines/:id', async (request, response) => {
  const options = { returnDocument: 'after', runValidators: true } as const;
  const engine = await Engine.findByIdAndUpdate(request.params.id, request.body, options);
  if (engine) response.json(engine);
  else response.status(404).json({ message: 'Engine not found' });
});

await mongoose.connect(benchUri());
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
const port = typeof address === 'object' ? address?.port : undefined;
console.log(JSON.stringify({ msg: 'listening', url: `http://127.0.0.1:${port}` }));
