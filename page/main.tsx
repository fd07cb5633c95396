import { render } from 'preact';
import { App } from './app.tsx';
import { followCaller } from './caller.ts';

followCaller();
render(<App />, document.body);
