"""What is seen while a training runs."""

import time

import torch
from IPython import get_ipython
from IPython.display import display

from ganlib.course import plots
from ganlib.course.facts import mark


class LiveView:
    """Samples and losses while training runs: `update(snapshot)` in the loop redraws them now and then.

    That is every `seconds` at most, and one part in 25 of the time at most, however slow the drawing.
    Jupyter's stop button ends the training.

    draw: (snapshot) -> (picture, words), instead of the default, a sheet of samples at a fixed z beside the
        losses.
    classes: for a conditional GAN, how many rows the sheet has, each asked for its class; a column shares
        one z.
    """

    def __init__(self, trainer, draw=None, seconds=0.7, classes=None):
        self.trainer, self.seconds, self.due = trainer, seconds, -float("inf")
        self.draw, self.painter = draw or self.sheet_and_losses, plots.Painter()
        self.handles, self.cell, self.rows = None, None, None
        if draw is None:
            self.z, self.y = (
                torch.randn(36, trainer.model.z_dim, generator=torch.Generator().manual_seed(0)),
                None,
            )
        if draw is None and classes:
            self.rows = [str(row) for row in range(classes)]
            self.z, self.y = self.z[:8].repeat(classes, 1), torch.arange(classes).repeat_interleave(8)

    def update(self, snapshot):
        """Redraw if it is time, and always at the end; words say how far, how fast and how long still."""
        began, ended = time.monotonic(), snapshot.step >= snapshot.total
        if began < self.due and not ended:
            return
        picture, words = self.draw(snapshot)
        self.show(picture, f"{pace(snapshot)}. {words}", ended)
        now = time.monotonic()
        self.due = now + max(self.seconds, 24 * (now - began))

    def show(self, picture, said, ended):
        """Words above the picture, quickly encoded while it changes, small at the end, when it is stored.

        A cell that is run again has lost its output, so it gets a new one.
        """
        png = plots.png(picture) if ended else self.painter.png(picture)
        text, image = {**mark("caption"), "text/plain": said}, {"image/png": png, "text/plain": said}
        metadata = {"image/png": {"alt": said}}
        cell = running_cell()
        if self.handles is None or cell != self.cell:
            self.cell = cell
            self.handles = [
                display(text, raw=True, display_id=True),
                display(image, metadata=metadata, raw=True, display_id=True),
            ]
        else:
            self.handles[0].update(text, raw=True)
            self.handles[1].update(image, metadata=metadata, raw=True)

    def sheet_and_losses(self, snapshot):
        """Samples of the EMA generator on the left, the terms of the losses on the right."""
        gan = self.trainer.model
        figure, ax = plots.canvas(size=(5.6, 5.4))
        plots.loss_curves(ax, self.trainer.history, plots.values_at_a_draw(gan.loss))
        ax.set_title("What each player minimizes")
        images = gan.generate(z=self.z, y=self.y)
        sheet = plots.named_rows(images, self.rows) if self.rows else plots.image_grid(images, columns=6)
        terms = ", ".join(f"{name} {value:.2f}" for name, value in snapshot.terms.items())
        return plots.beside(sheet, self.painter.draw(figure)), f"Losses: {terms}."


def running_cell():
    """The number of the cell that runs, None outside of a notebook."""
    shell = get_ipython()
    return shell.execution_count if shell else None


def pace(snapshot):
    """How far, how fast, and how long still or in all."""
    done = f"step {snapshot.step:,} of {snapshot.total:,}, {snapshot.images_per_second:,.0f} images a second"
    if snapshot.step >= snapshot.total:
        return f"{done}, {snapshot.seconds:.0f} s in all"
    return f"{done}, {snapshot.seconds_left:.0f} s left"
