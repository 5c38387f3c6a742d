"""An exercise of notebook 13 that trains with a student's augmentation and judges the classifier."""

from dataclasses import dataclass

import torch
from torch.nn.functional import affine_grid, cross_entropy, grid_sample

from ganlib.course.blanks import has_blank
from ganlib.course.exercises import Exercise
from ganlib.data import ImageSet, load
from ganlib.ema import EMA
from ganlib.engine.optim import fused_adam, optimizer_step
from ganlib.nets import NoisyClassifier
from ganlib.variants import FewLabels

STEPS, GOAL, WORSE = 800, 0.80, 0.735

SAME = "The pictures come back as they were, so the classifier learns nothing new."
FIXED = "Every picture is changed in one and the same way. Draw the change at random, anew in each call."
UNREADABLE = "Look at a few of the results: can you still read them? A 6 upside down is a 9."
LITTLE = "That helps too little. What else may change while the digit stays? Turn it, move it, resize it."
BLANK = "not attempted yet. Replace the ... with your answer and run the cell again."


def hundred_labels():
    """Ten digits of each class, and the 1,000 digits on which the classifier is tested."""
    digits = load("mnist")
    chosen = torch.cat([(digits.labels[:9000] == c).nonzero()[:10, 0] for c in range(10)])
    few = ImageSet(digits.images[chosen], digits.labels[chosen], digits.class_names)
    return few, digits[9000:]


def accuracy_with(augment):
    """Train on the hundred labels for a few seconds -> the share of right answers on the test digits."""
    few, (x, y) = hundred_labels()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net, batches = NoisyClassifier(), FewLabels(few, few, augment)
        adam, ema = fused_adam(net.parameters(), 1e-3), EMA(net, 0.99)
        for _ in range(STEPS):
            pictures, labels = batches.batch(100)
            optimizer_step(adam, {"loss": cross_entropy(net(pictures[:50]), labels[:50])})
            ema.update(net)
        with torch.no_grad():
            return (ema.module(x).argmax(1) == y).float().mean().item()


@dataclass
class Augmentation(Exercise):
    """An exercise whose answer is an augmentation, and is judged by the classifier that it trains."""

    def judge(self, answer):
        """(status, message) of a function from pictures (B, 1, 28, 28) to changed ones."""
        if answer is ... or answer is None:
            return "not attempted", BLANK
        if not callable(answer):
            return "wrong", "check needs the function itself, without calling it."
        try:
            (x,) = self.cases()
            again = x[:1].repeat(8, 1, 1, 1)
            found, tries = answer(x.clone()), [answer(again.clone()) for _ in range(8)]
            if found is ... or found is None:
                return "not attempted", BLANK
            if not torch.is_tensor(found) or found.shape != x.shape:
                shape = f"shape {tuple(found.shape)}" if torch.is_tensor(found) else type(found).__name__
                return "wrong", f"not yet. It gives back {shape}; expected is shape {tuple(x.shape)}."
            if all(torch.allclose(each, again, atol=1e-4) for each in tries):
                return "wrong", f"not yet. {SAME}"
            if all(torch.equal(tries[0], each) for each in tries):
                return "wrong", f"not yet. {FIXED}"
            accuracy = accuracy_with(answer)
        except Exception as error:  # any mistake of a student's becomes a message
            if has_blank(answer) and "ellipsis" in str(error):
                return "not attempted", BLANK
            return "wrong", f"your code stopped with {type(error).__name__}: {error}"
        came = f"After {STEPS} steps with it {accuracy:.1%} of 1,000 other digits are named right."
        if accuracy >= GOAL:
            return "solved", f"right! {came}"
        return "wrong", f"not yet. {came} {UNREADABLE if accuracy < WORSE else LITTLE}"


def augment(x):
    angle, right, down = (2 * torch.rand(3, len(x)) - 1) * torch.tensor([[0.3], [0.2], [0.2]])
    cos, sin = angle.cos(), angle.sin()
    rows = torch.stack([cos, -sin, right]), torch.stack([sin, cos, down])  # turned, then moved
    grid = affine_grid(torch.stack(rows).permute(2, 0, 1), list(x.shape), align_corners=False)
    return grid_sample(x, grid, padding_mode="border", align_corners=False)


def unchanged(x):
    return x


def always_one_pixel(x):
    return x.roll(1, 3)


def often_upside_down(x):
    half = torch.rand(len(x), 1, 1, 1) < 0.5
    return torch.where(half, x.flip(2).flip(3), x)


def a_little_noise(x):
    return x + 0.3 * torch.randn_like(x)


def pictures_case():
    digits = load("mnist")
    return (digits[torch.randint(len(digits), (6,))][0],)
