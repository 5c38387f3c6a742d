"""What a reader of the course never has to meet: files, checkpoints, random streams, interrupts, state, CUDA
graphs.
"""
