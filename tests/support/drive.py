"""Move every control of a widget over its span, as a student would: in tests and in notebooks' kernels."""

from ganlib.course import widgets


def span(control):
    """The lowest, middle and highest value of a control."""
    holder = widgets.value_of(control)
    if hasattr(holder, "options"):
        values = [option[1] if isinstance(option, tuple) else option for option in holder.options]
        return values[0], values[len(values) // 2], values[-1]
    step = getattr(holder, "step", 1)
    middle = holder.min + round((holder.max - holder.min) / (2 * step)) * step  # where a hand can put it
    return holder.min, type(holder.value)(middle), holder.max


def drive(explorer):
    """Each control must draw at all three values, and change the picture or the words at least once."""
    for name, control in explorer.controls.items():
        seen, before = set(), widgets.value_of(control).value
        for value in span(control):
            explorer.set(**{name: value})
            seen.add((bytes(explorer.image.value), explorer.words.value))
        assert len(seen) > 1, f"{name} changes nothing"
        explorer.set(**{name: before})


def play_through(game):
    """A round of real or fake, each button in turn: every answer changes picture and words.

    At the end there is a value.
    """
    buttons = game.box.children[1].children[:-1]
    for i in range(len(game.images)):
        before = game.image.value, game.words.value
        buttons[i % len(buttons)].click()
        assert game.image.value != before[0] and game.words.value != before[1]
    assert "V: yours" in game.words.value
    game.restart()


def drive_all(namespace):
    """Drive every explorer, and play every game, that a notebook keeps under a name."""
    for value in list(namespace.values()):
        if isinstance(value, widgets.Explorer):
            drive(value)
        if isinstance(value, widgets.RealOrFake):
            play_through(value)
