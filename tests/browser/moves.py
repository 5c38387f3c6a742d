"""Move widgets on a page by keyboard, and see what happens to their pictures."""

import hashlib

BYTES = "async image => { const r = await fetch(image.src); return Array.from(new Uint8Array(await r.arrayBuffer())).join() }"


def picture(explorer):
    """A hash of the bytes of an explorer's picture.

    Its address would not do: it changes at each move, even if the picture does not.
    """
    image = explorer.locator(":scope > img.widget-image")
    return hashlib.sha256(image.evaluate(BYTES).encode()).hexdigest()


def state(explorer):
    """The picture, and the words beside it."""
    return picture(explorer), explorer.locator(".widget-html").all_inner_texts()


def changes(page, explorer, before, seconds=20):
    """Whether picture or words become others."""
    for _ in range(seconds * 10):
        if state(explorer) != before:
            return True
        page.wait_for_timeout(100)
    return False


def press_until_changed(page, explorer, handle, keys):
    """Press keys on a focused handle one by one until the picture changes."""
    before = state(explorer)
    for key in keys:
        handle.focus()
        handle.press(key)
        if changes(page, explorer, before, 3):
            return True
    return changes(page, explorer, before)


def move_all(page, explorer):
    """Move each slider with arrow keys, each list by choosing another entry; the picture must change once.

    Where there is neither, the first button is pressed.
    """
    explorer.scroll_into_view_if_needed()
    seen = {picture(explorer)}
    if not explorer.locator(".noUi-handle, select").count():
        assert press_until_changed(page, explorer, explorer.locator("button").first, ["Enter"]), (
            "a button changes nothing"
        )
        seen.add(picture(explorer))
    for i, slider in enumerate(explorer.locator(".noUi-handle").all()):
        keys = ["ArrowRight"] * 3 + ["ArrowLeft"] * 6  # some pictures change at the second step only
        assert press_until_changed(page, explorer, slider, keys), (
            f"slider {i} changes nothing: {state(explorer)[1]}"
        )
        seen.add(picture(explorer))
    for menu in explorer.locator("select").all():
        before = state(explorer)
        options = menu.locator("option").all_inner_texts()
        menu.select_option(
            label=next(o for o in options if o != menu.evaluate("m => m.options[m.selectedIndex].text"))
        )
        assert changes(page, explorer, before), f"choosing among {options} changes nothing"
        seen.add(picture(explorer))
    assert len(seen) > 1, "the picture never changes"
