// Loaded before each test file when REALM_SEED is set: what fast-check draws, it draws from that seed.
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['REALM_SEED']) });
