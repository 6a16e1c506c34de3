"""Learning rates compared in one command: `kedro sweep train_nose 1e-2 1e-3 1e-4`."""
