"""The game in the plane, live: where D says real, where samples are, and where D's advice would send them."""

import torch

from ganlib.course import plots
from ganlib.course.widgets.controls import choice, play
from ganlib.course.widgets.explorer import Explorer
from ganlib.trainer import Trainer

SPAN = 3.0  # half the side of the square that is shown


class Field(Explorer):
    """Train on points of the plane while you watch.

    Each move of the slider to the right trains some steps more.

    games: name -> function () -> a fresh GAN on 2-D points. data: as a Trainer takes it. steps: of training
        between two frames.
    opens: the frame shown at first. Frames seen once are kept, so going back costs nothing. The play button
        drives it:
    no thread, and a pause is a pause. The page's own random numbers are left alone.
    """

    def __init__(self, games, data, question="", steps=10, frames=100, opens=0):
        self.games, self.data, self.films, self.steps = games, data, {}, steps
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.real = data.batch(200)[0].cpu()
        controls = {"game": choice(list(games), label="game")} if len(games) > 1 else {}
        controls["frame"] = play(0, frames, opens, label=f"{steps} steps each")
        super().__init__(self.look, controls, question)

    def film(self, game):
        """The film of a game, begun when it is first asked for."""
        if game not in self.films:
            with torch.random.fork_rng():
                torch.manual_seed(0)
                self.films[game] = Film(Trainer(self.games[game](), self.data, 128), self.steps)
        return self.films[game]

    def look(self, frame, game=None):
        """The picture of one frame, trained up to it if need be."""
        step, grid, fake, pull, words = self.film(game or next(iter(self.games))).frame(frame)
        figure, ax = plots.canvas(size=(7.2, 4.1))
        plots.game_field(ax, grid, self.real, fake, pull, SPAN)
        ax.set_title(f"Step {step:,}")
        return figure, words


class Film:
    """The frames of one game, trained and recorded as far as anyone has looked.

    The samples keep their z throughout.
    """

    def __init__(self, trainer, steps):
        self.trainer, self.gan, self.steps, self.frames = trainer, trainer.model, steps, []
        self.z = torch.randn(200, self.gan.z_dim, generator=torch.Generator().manual_seed(0)).to(
            self.gan.device
        )
        ticks = torch.linspace(-SPAN, SPAN, 60)
        self.places = torch.cartesian_prod(ticks, ticks).to(self.gan.device)

    def frame(self, i):
        """Frame i, after training on to it where nobody has been yet."""
        while len(self.frames) <= i:
            for _ in self.trainer.until(len(self.frames) * self.steps, every=self.steps):
                pass
            if self.trainer.step < len(self.frames) * self.steps:  # stopped on the way: this is no frame
                return self.frames[-1]
            self.frames.append(self.record())
        return self.frames[i]

    def record(self):
        """One frame: (step, D's probability of real (60, 60), samples (n, 2), pulls (n, 2), words).

        A pull is minus the gradient of G's loss with respect to a sample.
        """
        fake = self.gan.G(self.z).detach().requires_grad_()
        # A sum, so that each sample has its own gradient.
        loss = len(fake) * self.gan.loss.g_loss(self.gan.D(fake))
        pull = -torch.autograd.grad(loss, fake)[0]
        with torch.no_grad():
            grid, on_fake = (
                self.gan.D(self.places).sigmoid().reshape(60, 60),
                self.gan.D(fake).sigmoid().mean(),
            )
        unsure = ((grid - 0.5).abs() < 0.3).float().mean()
        words = f"D's mean answer to the samples is {on_fake:.2f}"
        words = f"{words}; it is unsure (0.2 to 0.8) on {unsure:.0%} of the square"
        words = f"step {self.trainer.step:,}: {words}. Median pull: {pull.norm(dim=1).median():.2g}"
        return self.trainer.step, grid.cpu(), fake.detach().cpu(), pull.cpu(), words
