"""Exercises of notebook 03."""

import random
from dataclasses import dataclass
from functools import cache

import torch
from torch import nn
from torch.nn.functional import softplus
from torch.nn.utils import parameters_to_vector

from ganlib.course.exercises import Exercise, Workbook
from ganlib.data import load
from ganlib.gan import GAN
from ganlib.losses import Loss, minimax, non_saturating
from ganlib.metrics import Judge
from ganlib.nets import MLPDiscriminator, MLPGenerator
from ganlib.trainer import Trainer


def random_seed():
    """Sets the weights of `play_two_steps`."""
    return (random.randrange(10_000),)


class WatchedAdam(torch.optim.Adam):
    """Adam that remembers why its weights never moved, if they never do."""

    clue = "no step"

    def gradients(self):
        """Whether any gradient other than 0 has arrived."""
        weights = self.param_groups[0]["params"]
        return any(p.grad is not None and bool(p.grad.abs().max() > 0) for p in weights)

    def zero_grad(self, *arguments, **settings):
        self.wiped = self.gradients()
        super().zero_grad(*arguments, **settings)

    def step(self, *arguments, **settings):
        if self.gradients():
            self.clue = None
        elif self.clue:
            self.clue = "wiped" if self.wiped else "no gradient"
        super().step(*arguments, **settings)


def play_two_steps(step, seed):
    """What two steps make of small nets: the second shows what the first left behind. `...` where nothing comes back."""
    torch.manual_seed(seed)
    G = nn.Linear(3, 2)
    D = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0))
    players = {"G": WatchedAdam(G.parameters(), 0.1), "D": WatchedAdam(D.parameters(), 0.1)}
    for _ in range(2):
        losses = step(G, D, *players.values(), torch.randn(16, 2), torch.randn(16, 3))
        if (
            losses is None
            or losses is ...
            or (isinstance(losses, (tuple, list)) and any(loss is ... for loss in losses))
        ):
            return ...
        if not isinstance(losses, (tuple, list)) or len(losses) != 2:
            raise ValueError("it should return two numbers: d_loss, g_loss")
    d_loss, g_loss = losses
    weights = {
        "D's weights": parameters_to_vector(D.parameters()),
        "G's weights": parameters_to_vector(G.parameters()),
    }
    clues = {f"{name} stays: {adam.clue}": True for name, adam in players.items() if adam.clue}
    return weights | {"the d_loss that comes back": d_loss, "the g_loss that comes back": g_loss} | clues


def play_d_turn(turn, seed):
    """What two turns of D make of a small net."""
    return play_two_steps(
        lambda G, D, g_adam, d_adam, real, z: [turn(D, d_adam, real, G(z).detach()), torch.zeros(())], seed
    )


def d_turn(D, d_adam, real, fake):
    d_loss = softplus(-D(real)).mean() + softplus(D(fake)).mean()
    d_adam.zero_grad()
    d_loss.backward()
    d_adam.step()
    return d_loss


def flawed_d_turn(loss=non_saturating.d_loss, clear=True, move=True):
    """A turn of D with another loss, old gradients, or without a step."""

    def turn(D, d_adam, real, fake):
        d_loss = loss(D(real), D(fake))
        if clear:
            d_adam.zero_grad()
        d_loss.backward()
        if move:
            d_adam.step()
        return d_loss

    return turn


def write_step(G, D, g_adam, d_adam, real, z):
    fake = G(z)

    d_loss = softplus(-D(real)).mean() + softplus(D(fake.detach())).mean()
    d_adam.zero_grad()
    d_loss.backward()
    d_adam.step()

    g_loss = softplus(-D(fake)).mean()
    g_adam.zero_grad()
    g_loss.backward()
    g_adam.step()
    return d_loss, g_loss


def flawed_step(loss=non_saturating, clear="before", moves="DG", detach="D"):
    """A step with another loss, with gradients cleared too late or never, or with a player that never
    moves.
    """

    def step(G, D, g_adam, d_adam, real, z):
        fake, losses = G(z), []
        turns = {
            "D": (d_adam, lambda: loss.d_loss(D(real), D(fake.detach()))),
            "G": (g_adam, lambda: loss.g_loss(D(fake.detach() if "G" in detach else fake))),
        }
        for player, (adam, value) in turns.items():
            if clear == "before":
                adam.zero_grad()
            losses.append(value())
            losses[-1].backward()
            if clear == "between":
                adam.zero_grad()
            if player in moves:
                adam.step()
            if clear == "after":
                adam.zero_grad()
        return losses

    return step


def step_against_the_old_d(G, D, g_adam, d_adam, real, z):
    d_loss, g_loss = non_saturating.d_loss(D(real), D(G(z).detach())), non_saturating.g_loss(D(G(z)))
    for adam, loss in ((g_adam, g_loss), (d_adam, d_loss)):
        adam.zero_grad()
        loss.backward()
        adam.step()
    return d_loss, g_loss


sums = Loss(
    lambda real, fake: softplus(-real).sum() + softplus(fake).sum(), lambda fake: softplus(-fake).sum()
)
of_the_mean = Loss(
    lambda real, fake: softplus(-real.mean()) + softplus(fake.mean()), lambda fake: softplus(-fake.mean())
)
swapped = Loss(lambda real, fake: non_saturating.d_loss(fake, real), non_saturating.g_loss)


def random_widths():
    """Three to five layer widths."""
    return ([random.randint(2, 40) for _ in range(random.randint(3, 5))],)


def count_weights(widths):
    return sum(n_in * n_out + n_out for n_in, n_out in zip(widths, widths[1:]))


def count_without_biases(widths):
    return sum(n_in * n_out for n_in, n_out in zip(widths, widths[1:]))


def count_units(widths):
    return sum(widths[1:])


def count_input_biases(widths):
    return sum(n_in * n_out + n_in for n_in, n_out in zip(widths, widths[1:]))


def random_logits():
    """Logits of few real and many fake samples; D is better on the real ones, so that pooling them shows."""
    return torch.randn(40) + 1.5, torch.randn(120) - 0.2


def d_accuracy(real, fake):
    return ((real > 0).float().mean() + (fake < 0).float().mean()) / 2


def accuracy_at_half(real, fake):
    return ((real > 0.5).float().mean() + (fake < 0.5).float().mean()) / 2


def accuracy_on_real(real, fake):
    return (real > 0).float().mean()


def accuracy_fooled(real, fake):
    return ((real > 0).float().mean() + (fake > 0).float().mean()) / 2


def accuracy_pooled(real, fake):
    return ((real > 0).sum() + (fake < 0).sum()) / (len(real) + len(fake))


def accuracy_sum(real, fake):
    return (real > 0).float().mean() + (fake < 0).float().mean()


def average_probability(real, fake):
    return (real.sigmoid().mean() + (-fake).sigmoid().mean()) / 2


def random_average():
    """A shadow weight, the present weight and a decay."""
    return torch.randn(4), torch.randn(4), random.uniform(0.9, 0.99)


def ema_update(shadow, weight, decay):
    return decay * shadow + (1 - decay) * weight


def ema_swapped(shadow, weight, decay):
    return (1 - decay) * shadow + decay * weight


def ema_plain(shadow, weight, decay):
    return (shadow + weight) / 2


def ema_sum(shadow, weight, decay):
    return decay * shadow + weight


def random_ends():
    """Two latent vectors, not at right angles, and a place between them."""
    a = torch.randn(64)
    return a, a / 2 + torch.randn(64), random.uniform(0.1, 0.4)


def slerp(a, b, t):
    omega = torch.arccos((a @ b) / (a.norm() * b.norm()))
    return (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)


def slerp_is_lerp(a, b, t):
    return a + t * (b - a)


def slerp_undivided(a, b, t):
    omega = torch.arccos((a @ b) / (a.norm() * b.norm()))
    return torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b


def slerp_of_directions(a, b, t):
    return slerp(a / a.norm(), b / b.norm(), t)


def slerp_by_cosine(a, b, t):
    omega = (a @ b) / (a.norm() * b.norm())
    return (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)


def slerp_backward(a, b, t):
    return slerp(b, a, t)


def suspects():
    """Four games for the bug hunt: name -> (D's loss, G's loss, what D is shown of a fake). One of them is sound."""
    d_loss, g_loss = non_saturating

    def cut(fake):
        return fake.detach()

    return {
        "P": (lambda real, fake: d_loss(fake, real), g_loss, cut),
        "Q": (d_loss, lambda fake: -g_loss(fake), cut),
        "R": (d_loss, g_loss, cut),
        "S": (d_loss, g_loss, lambda fake: fake),
    }


def match():
    return {"P": "labels swapped", "Q": "wrong sign in g_loss", "R": "sound", "S": "missing detach"}


class Match(Exercise):
    """An exercise that pairs names with words."""

    def judge(self, answer):
        """(status, message) of a dictionary: how many pairs are right, and of the first wrong one why."""
        words = set(self.reference().values())
        if answer is ... or answer is None or (isinstance(answer, dict) and "..." in answer.values()):
            return (
                "not attempted",
                "not attempted yet. Replace the ... with your answer and run the cell again.",
            )
        if (
            not isinstance(answer, dict)
            or set(answer) != set(self.reference())
            or not set(answer.values()) <= words
        ):
            return "wrong", MATCH_FORM
        wrong = [name for name, word in self.reference().items() if answer[name] != word]
        if not wrong:
            return "solved", "right!"
        return "wrong", f"not yet. {4 - len(wrong)} of 4 are right. {CLUES[answer[wrong[0]]]}"


MATCH_FORM = (
    'It should be a dictionary from "P", "Q", "R" and "S" to the four words that the question offers.'
)
CLUES = {
    "sound": "The game that you call sound has a reading that is off. Sound: no gradients in G, both slopes negative.",
    "missing detach": "A missing detach shows in the first reading: G has gradients.",
    "labels swapped": "Swapped labels turn D's slope around: it is positive.",
    "wrong sign in g_loss": "A wrong sign in g_loss turns G's slope around: it is positive.",
}


def match_swapping(one, other):
    """The right match with two words exchanged, `one` in the first place."""
    places = {word: name for name, word in match().items()}
    return lambda: match() | {places[one]: other, places[other]: one}


SLOW = {"lr": 2e-4, "d_lr": 2e-4, "betas": (0.9, 0.999)}  # the classmate's
STEPS, BATCH, GOAL = 250, 64, 80.0


def settings():
    return {"lr": 2e-3, "d_lr": 1e-3, "betas": (0.0, 0.99)}


@cache
def trained(lr, d_lr, betas):
    """Train the page's nets for a few seconds -> (relative Fréchet distance, classes)."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        gan = GAN(MLPGenerator(), MLPDiscriminator(), lr=lr, d_lr=d_lr, betas=betas, ema_decay=0.98)
        for _ in Trainer(gan, load("mnist"), batch_size=BATCH).until(STEPS, every=STEPS):
            pass
        report = Judge("mnist")(gan.generate(2_000))
    return report.relative_fd, report.classes


NO_RECIPE = "check needs a dictionary with the keys lr, d_lr and betas, such as dict(lr=2e-4, d_lr=2e-4, betas=(0.9, 0.999))."
MOMENTUM = "Momentum still carries both players on from where the opponent was: lower betas[0]."
RATES = "Now nobody runs on by momentum, but in so few steps such small rates lead nowhere: raise lr and d_lr, tenfold or so."
WILD = "Such large rates throw G about: take a rate between this one and the classmate's."


@dataclass
class Settings(Exercise):
    """An exercise whose answer changes a training, and is judged by what comes of it."""

    def judge(self, answer):
        """(status, message) of the settings of a GAN."""
        if answer is ... or answer is None:
            return (
                "not attempted",
                "not attempted yet. Replace the ... with your answer and run the cell again.",
            )
        if not isinstance(answer, dict) or set(answer) != set(SLOW):
            return "wrong", NO_RECIPE
        try:
            lr, d_lr, betas = float(answer["lr"]), float(answer["d_lr"]), tuple(map(float, answer["betas"]))
            distance, classes = trained(lr, d_lr, betas)
        except FloatingPointError:
            return "wrong", f"not yet. The training left the finite numbers. {WILD}"
        except Exception as error:  # any mistake of a student's becomes a message
            return "wrong", f"your code stopped with {type(error).__name__}: {error}"
        came = f"{STEPS} steps on digits: {classes} of 10 classes, a relative Fréchet distance of {distance:.0f} %."
        if distance < GOAL and classes >= 8:
            return "solved", f"right! {came}"
        if betas[0] > 0.6:
            return "wrong", f"not yet. {came} {MOMENTUM}"
        return "wrong", f"not yet. {came} {WILD if max(lr, d_lr) > 5e-3 else RATES}"


def slow_settings():
    return SLOW


def momentum_alone():
    return SLOW | {"betas": (0.0, 0.99)}


def wild_rates():
    return {"lr": 0.2, "d_lr": 0.1, "betas": (0.0, 0.99)}


def diagnosis():
    return {"missing detach", "labels swapped"}


book = Workbook(
    "03",
    Exercise(
        "count_weights",
        count_weights,
        random_widths,
        [
            (
                count_without_biases,
                "You counted the matrices only. Each output unit of a layer also has a bias.",
            ),
            (
                count_units,
                "You counted units. A layer from n_in to n_out has n_in * n_out weights, and n_out biases.",
            ),
            (count_input_biases, "A bias belongs to each output of a layer, not to each input."),
        ],
        [
            "One layer from 3 to 2 units is a 2 x 3 matrix and 2 biases.",
            "Sum n_in * n_out + n_out over zip(widths, widths[1:]).",
        ],
    ),
    Exercise(
        "d_accuracy",
        d_accuracy,
        random_logits,
        [
            (
                accuracy_at_half,
                "You compared the logit with 1/2. D = sigmoid(logit) is 1/2 where the logit is 0.",
            ),
            (accuracy_on_real, "You looked at real samples only; a D that always says real would score 1."),
            (accuracy_fooled, "A fake counts as right when D says fake: its logit is below 0."),
            (
                accuracy_pooled,
                "You counted all samples alike, so the larger batch weighs more. Average the two shares.",
            ),
            (accuracy_sum, "A share is at most 1; the sum of two may be 2. Average them."),
            (
                average_probability,
                "That is how sure D is on average. Count how often it is right: on which side of 0 is a "
                "logit?",
            ),
        ],
        [
            "Which logit corresponds to D = 1/2?",
            "Average (real > 0).float().mean() and (fake < 0).float().mean().",
        ],
    ),
    Exercise(
        "ema_update",
        ema_update,
        random_average,
        [
            (
                ema_swapped,
                "You gave decay to the new weight: the average would forget nearly all at each step.",
            ),
            (ema_plain, "That ignores the decay: half of all older weights would be forgotten at each step."),
            (ema_sum, "The two shares must add up to 1, or the average grows without bound."),
        ],
        ["With decay 0.99 the shadow keeps 99 % of itself.", "decay * shadow + (1 - decay) * ... "],
    ),
    Exercise(
        "slerp",
        slerp,
        random_ends,
        [
            (
                slerp_is_lerp,
                "That is lerp, the straight line: it cuts through the sphere, where z is too short.",
            ),
            (slerp_undivided, "The weights of a and b still need to be divided by sin(omega)."),
            (
                slerp_of_directions,
                "You normalized a and b: then z has length 1, not 8. Normalize only to find the angle.",
            ),
            (
                slerp_by_cosine,
                "That product over the lengths is the cosine of omega; the angle itself is its arccos.",
            ),
            (slerp_backward, "At t = 0 it should be a: your path runs from b to a."),
        ],
        [
            "omega is the angle between a and b: arccos of their dot product over both lengths.",
            "a gets sin((1 - t) omega) / sin(omega), b gets sin(t omega) / sin(omega).",
        ],
        tolerance=1e-3,
    ),
    Exercise(
        "d_turn",
        d_turn,
        random_seed,
        [
            (
                flawed_d_turn(lambda real, fake: non_saturating.d_loss(fake, real)),
                "The labels are swapped: softplus(-logit) belongs to the real ones.",
            ),
            (
                flawed_d_turn(lambda real, fake: softplus(fake).mean()),
                "D looks at the fakes alone. Add what the real ones cost: softplus(-D(real)).mean().",
            ),
            (
                flawed_d_turn(lambda real, fake: softplus(real).mean() + softplus(fake).mean()),
                "The real logits need a minus: softplus(-logit) is -log D.",
            ),
            (
                flawed_d_turn(lambda real, fake: softplus(-real.mean()) + softplus(fake.mean())),
                "Take the mean of softplus over the batch, not softplus of the mean logit.",
            ),
            (
                flawed_d_turn(lambda real, fake: softplus(-real).sum() + softplus(fake).sum()),
                "Average over the batch: .mean(), not .sum().",
            ),
            (
                flawed_d_turn(
                    lambda real, fake: softplus(-real.sigmoid()).mean() + softplus(fake.sigmoid()).mean()
                ),
                "D gives logits, and softplus holds the sigmoid already: do not apply it twice.",
            ),
            (
                flawed_d_turn(clear=False),
                "Gradients of earlier turns are still there: call zero_grad before backward.",
            ),
            (flawed_d_turn(move=False), "D never moves: its optimizer needs a step after the backward."),
        ],
        [
            "The first blank is what the real pictures cost: -log D of them.",
            "-log D = softplus(-logit). The last blank is one word: step.",
        ],
        play=play_d_turn,
    ),
    Settings(
        "settings",
        settings,
        None,
        [
            (slow_settings, f"{MOMENTUM}"),
            (momentum_alone, RATES),
            (wild_rates, WILD),
            (lambda: {"lr": 2e-3}, NO_RECIPE),
        ],
        [
            "Which change helped the script most? Make that one first.",
            "Then raise both rates about tenfold, D's a little less than G's.",
        ],
    ),
    Exercise(
        "write_step",
        write_step,
        random_seed,
        [
            (
                flawed_step(swapped),
                "D's labels are swapped: softplus(-logit) belongs to the real ones, softplus(logit) to the "
                "fakes.",
            ),
            (
                flawed_step(minimax),
                "That is the minimax loss for G, log(1 - D(G(z))). The non-saturating one is -log D(G(z)).",
            ),
            (
                flawed_step(clear="never"),
                "Gradients of earlier turns are still there: call zero_grad before each backward.",
            ),
            (
                flawed_step(clear="after"),
                "Call zero_grad before backward, not after the step: G's turn leaves gradients in D.",
            ),
            (flawed_step(moves="G"), "D never moves: its optimizer needs a step after the backward."),
            (flawed_step(moves="D"), "G never moves: its optimizer needs a step after the backward."),
            (
                flawed_step(clear="between"),
                "zero_grad between backward and step wipes out what backward has just computed: nobody moves. Call it before backward.",
            ),
            (flawed_step(sums), "The losses are sums over the batch. Average them: .mean()."),
            (
                flawed_step(of_the_mean),
                "Take the mean of softplus over the batch, not softplus of the mean logit.",
            ),
            (
                flawed_step(detach="DG"),
                "G never moves: no gradient arrives in it. In G's turn D judges the fakes with their graph, so without detach.",
            ),
            (
                step_against_the_old_d,
                "G's loss was taken before D's step. Finish D's turn, then let the new D judge the same "
                "fakes.",
            ),
        ],
        [
            "D's turn: the loss on real and on fake.detach(), then zero_grad, backward, step. Then G's "
            "turn, the same way.",
            "softplus(-logit) is -log D, softplus(logit) is -log(1 - D). G's loss is "
            "softplus(-D(fake)).mean().",
        ],
        play=play_two_steps,
    ),
    Match(
        "match",
        match,
        None,
        [
            (match_swapping("labels swapped", "sound"), CLUES["sound"]),
            (match_swapping("labels swapped", "missing detach"), CLUES["missing detach"]),
            (match_swapping("wrong sign in g_loss", "labels swapped"), CLUES["wrong sign in g_loss"]),
            (lambda: {"P": "sound"}, MATCH_FORM),
        ],
        [
            "Find the game with no gradients in G and two negative slopes: it is sound.",
            "Each other game has one reading that is off.",
        ],
    ),
    Exercise(
        "diagnosis",
        diagnosis,
        None,
        [
            (
                lambda: {"missing detach"},
                "A missing detach lets D's backward pass fill G's gradients. But look at D's slope, too.",
            ),
            (
                lambda: {"labels swapped"},
                "Swapped labels turn D's slope around. But where do G's gradients come from?",
            ),
            (
                lambda: {"wrong sign in g_loss"},
                "With a wrong sign in g_loss, G's slope would be positive. Here it is not.",
            ),
            (
                lambda: {"missing detach", "labels swapped", "wrong sign in g_loss"},
                "Not all three: one of the readings is as in a sound step.",
            ),
            (
                lambda: {"missing detach", "wrong sign in g_loss"},
                "The missing detach is right. But G's slope is negative, as it should be: look at D's.",
            ),
            (
                lambda: {"labels swapped", "wrong sign in g_loss"},
                "The swapped labels are right. But G's slope is negative, as it should be: what of the gradients in G?",
            ),
        ],
        [
            "Read the report line by line: which readings are not what they are in a sound step?",
            "There are two bugs, and each turns one reading around.",
        ],
    ),
)
