"""The game in the plane, live: where D says real, where samples are, and where D's advice would send them."""

import torch

from ganlib import plots
from ganlib.trainer import Trainer
from ganlib.widgets.controls import choice, play
from ganlib.widgets.explorer import Explorer


class Field(Explorer):
    """Train on points of the plane while you watch: each move of the slider to the right trains some steps more.

    games: name -> function () -> a fresh GAN on 2-D points. data: as a Trainer takes it. steps: of training between two frames.
    Frames seen once are kept, so going back costs nothing. The play button drives it: no thread, and pause is pause.
    """

    def __init__(self, games, data, question="", steps=10, frames=100, span=3.0, batch_size=128):
        self.games, self.films, self.span = games, {}, span
        self.trainer = lambda gan: Trainer(gan, data, batch_size)
        self.steps, self.real = steps, data.batch(200)[0].cpu()
        controls = {"game": choice(list(games), label="game")} if len(games) > 1 else {}
        controls["frame"] = play(0, frames, 0, label=f"{steps} steps each")
        super().__init__(self.look, controls, question)

    def look(self, frame, game=None):
        """The picture of one frame, trained up to it if need be."""
        game = game or next(iter(self.games))
        if game not in self.films:
            self.films[game] = Film(self.trainer(self.games[game]()), self.steps, self.span)
        step, grid, fake, pull, words = self.films[game].frame(frame)
        figure, ax = plots.canvas(size=(7.2, 4.4))
        plots.verdict_field(ax, grid, self.span)
        plots.scatter(ax, self.real, fake, self.span)
        plots.arrows(ax, fake[::4], pull[::4])
        ax.legend(loc="upper left", bbox_to_anchor=(1.25, 1), markerscale=2)
        ax.set_title(f"Step {step:,}")
        return figure, words


class Film:
    """The frames of one game, trained and recorded as far as anyone has looked; the samples keep their z throughout."""

    def __init__(self, trainer, steps, span):
        self.trainer, self.gan, self.steps, self.frames = trainer, trainer.gan, steps, []
        self.z = torch.randn(200, self.gan.z_dim, generator=torch.Generator().manual_seed(0)).to(self.gan.device)
        ticks = torch.linspace(-span, span, 60)
        self.places = torch.cartesian_prod(ticks, ticks).to(self.gan.device)

    def frame(self, i):
        """Frame i, after training on to it where nobody has been yet."""
        while len(self.frames) <= i:
            for _ in self.trainer.until(len(self.frames) * self.steps, every=self.steps):
                pass
            self.frames.append(self.record())
        return self.frames[i]

    def record(self):
        """-> step, D's probability of real on a grid (60, 60), samples (n, 2), how G's loss pulls each (n, 2), words."""
        fake = self.gan.G(self.z).detach().requires_grad_()
        loss = len(fake) * self.gan.loss.g_loss(self.gan.D(fake))  # a sum, so that each sample has its own slope
        pull = -torch.autograd.grad(loss, fake)[0]
        with torch.no_grad():
            grid, on_fake = self.gan.D(self.places).sigmoid().reshape(60, 60), self.gan.D(fake).sigmoid().mean()
        words = f"step {self.trainer.step:,}: D gives these samples {on_fake:.2f} on average; "
        words += f"the median pull on a sample is {pull.norm(dim=1).median():.2g}"
        return self.trainer.step, grid.cpu(), fake.detach().cpu(), pull.cpu(), words
