"""What a reader of the course never has to meet.

Files, checkpoints, random streams, interrupts, state, CUDA graphs.
"""
