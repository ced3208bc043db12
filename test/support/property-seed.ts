import fc from 'fast-check';

// Every run draws the same inputs, so that no run fails by chance. `PROPERTY_SEED` draws others.
fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 1) });
