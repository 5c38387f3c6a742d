"""A small PyTorch library behind the GAN notebooks: it owns what a notebook has already taught."""
