import { httpUrl, nonEmptyString } from './setting-formats.ts';

/** The settings of what operators are told, in the form that convict takes. */
export const observing = {
  traces: {
    endpoint: {
      doc: 'URL of an OpenTelemetry collector, which gets a trace of each request by OTLP; without it none are made',
      format: httpUrl,
      default: null,
      nullable: true,
      env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    },
    ratio: {
      doc: 'the part of the traces that is kept, from 0 to 1, of those whose clients have not decided',
      format: 'time' as const,
      default: 1,
      env: 'OTEL_TRACES_SAMPLER_ARG',
    },
  },
  admin: {
    port: {
      doc: 'port of metrics and health checks for operators; without it there is none',
      format: 'port-number' as const,
      default: null,
      nullable: true,
      env: 'ADMIN_PORT',
    },
    host: {
      doc: 'address of that port: whoever reaches it may read the metrics',
      format: nonEmptyString,
      default: '127.0.0.1',
      env: 'ADMIN_HOST',
    },
  },
};
