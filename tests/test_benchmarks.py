"""The benchmarks still run: they read the notebooks' recipes, and both loops play the same game."""

import pytest
import torch

from ganlib.losses import wasserstein
from tests.benchmarks import loops, quality, speed

CPU = torch.device("cpu")


@pytest.mark.parametrize("game", loops.GAMES)
def test_both_loops_train_every_game(game, digits):
    for loop in (loops.Script(digits, game, 8, CPU), loops.Ours(digits, game, 8, CPU)):
        D = loop.D if isinstance(loop, loops.Script) else loop.trainer.model.D
        weights = [p for p in D.parameters() if p.dim() > 1]  # the last bias cancels in the Wasserstein loss
        before = [p.clone() for p in weights]
        loop.run(2)
        assert all(bool((a != b).any()) for a, b in zip(before, weights)), "a weight of D stood still"


def test_script_and_trainer_have_the_same_losses(digits):
    """On one batch and the same weights: BCE of a sigmoid is softplus of the logit."""
    script, ours = loops.Script(digits, "MLP GAN", 32, CPU), loops.Ours(digits, "MLP GAN", 32, CPU)
    real, fake = digits.batch(32)[0], ours.trainer.model.sample_fakes(32).detach()
    ours.trainer.model.D.load_state_dict(script.D.state_dict())
    by_script = script.against(script.D(real), 1.0) + script.against(script.D(fake), 0.0)
    torch.testing.assert_close(by_script, ours.trainer.model.d_objective(real, fake)["d_loss"])


def test_flops_of_a_step_are_those_counted_by_hand(digits):
    g, d, first, d_first = (
        100 * 256 + 256 * 512 + 512 * 1024 + 1024 * 784,
        784 * 512 + 512 * 256 + 256,
        100 * 256,
        784 * 512,
    )
    d_step = 64 * (
        g + 2 * d + 2 * d + 2 * (d - d_first)
    )  # draw; D forward; its weights' gradients; its inner inputs'
    g_step = 64 * (d + d + g + (g - first))  # D forward; D's inputs'; G's weights'; G's inner inputs'
    assert speed.flops_a_step(loops.Ours(digits, "MLP GAN", 64, CPU)) == 2 * (d_step + g_step)


@pytest.mark.parametrize("name", quality.RECIPES)
def test_recipes_come_from_the_pages_with_a_seed_of_their_own(name):
    one, other = (quality.trainer_of(*quality.RECIPES[name], seed, CPU) for seed in (0, 1))
    assert not torch.equal(one._stream.state, other._stream.state)
    assert any(not torch.equal(a, b) for a, b in zip(one.model.D.parameters(), other.model.D.parameters()))
    assert (one.model.loss is wasserstein) == ("WGAN" in name) and one.conditional == ("conditional" in name)
