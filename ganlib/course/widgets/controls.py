"""The one control row of all widgets: a label, a slider or list, at times a play button.

All are worked by keyboard, too.
"""

import ipywidgets as widgets

LABEL = {"description_width": "160px"}


def wide():
    """The width of a control: 640 pixels, or what the page has."""
    return widgets.Layout(width="min(640px, 95%)")


def value_of(control):
    """The widget that holds a control's value: the slider of a `play` row, else the control itself."""
    return control.children[0] if isinstance(control, widgets.HBox) else control


def slider(low, high, value=None, step=0.1, label=""):
    """A slider over real numbers, or over integers when low, high and step are integers.

    Arrow keys move it by one step.
    """
    integers = all(isinstance(x, int) for x in (low, high, step))
    kind = widgets.IntSlider if integers else widgets.FloatSlider
    value = low if value is None else value
    return kind(value=value, min=low, max=high, step=step, description=label, style=LABEL, layout=wide())


def choice(options, value=None, label=""):
    """A drop-down list; options are names, or (name, value) pairs."""
    first = options[0][1] if isinstance(options[0], tuple) else options[0]
    value = first if value is None else value
    return widgets.Dropdown(options=options, value=value, description=label, style=LABEL, layout=wide())


def play(low, high, value=None, step=1, interval=150, label=""):
    """A slider over integers with a button for one step, and play, pause and stop.

    These work in the browser, without threads.
    """
    bar = slider(low, high, value, step, label)
    single = widgets.Button(
        description="+1", tooltip=f"{label}: one step on", layout=widgets.Layout(width="42px")
    )
    single.on_click(lambda _: setattr(bar, "value", min(bar.value + step, high)))
    button = widgets.Play(value=bar.value, min=low, max=high, step=step, interval=interval)
    widgets.jslink((button, "value"), (bar, "value"))
    return widgets.HBox([bar, single, button])
