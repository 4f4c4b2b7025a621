/** The library as Node loads it: telemetry is on where the environment asks for it (KLL_TELEMETRY=1). */
import { startTelemetryFromEnvironment } from './metrics/telemetry.js';

export * from './index.js';

startTelemetryFromEnvironment();
