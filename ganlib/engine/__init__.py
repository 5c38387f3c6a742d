"""Files, checkpoints, random streams, interrupts, state, CUDA graphs: what no reader has to meet."""
