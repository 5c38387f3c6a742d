"""Frames a second of the GAN that trains in the page, in Chromium at 1280 x 720, nets of 2 x 32.

Chromium's own throttle slows the processor down; DevTools calls 4 a mid-range phone and 6 a low-end one.
A page may draw 60 frames a second at most: python tests/benchmarks/playground.py (two minutes)
"""

import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[2]))
from ganlib.course import playground  # noqa: E402
from tests.browser import lab  # noqa: E402

THROTTLES, SECONDS, ROUNDS = (1, 4, 6), 4, 3
LOOK = "[playground.state.frame, playground.state.game.steps]"


def pace(browser, address: str, throttle: int) -> tuple[float, float]:
    """Frames and training steps a second, from the third second of training on."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(address)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": throttle})
    page.click("#play")
    page.wait_for_timeout(2000)
    before = page.evaluate(f"[...{LOOK}, performance.now()]")
    page.wait_for_timeout(1000 * SECONDS)
    after = page.evaluate(f"[...{LOOK}, performance.now()]")
    page.close()
    frames, steps, milliseconds = (b - a for a, b in zip(before, after))
    return 1000 * frames / milliseconds, 1000 * steps / milliseconds


def main() -> None:
    file = Path(tempfile.mkdtemp()) / "playground.html"
    file.write_text(playground.page(), encoding="utf-8")
    print("| penalty | processor | frames/s | steps/s |\n|---|---|---|---|")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=lab.CHROMIUM, args=lab.FLAGS)
        for penalty in ("none", "R1"):
            for throttle in THROTTLES:
                runs = [pace(browser, f"{file.as_uri()}#penalty={penalty}", throttle) for _ in range(ROUNDS)]
                frames, steps = (statistics.median(column) for column in zip(*runs))
                each = ", ".join(f"{run[0]:.0f}" for run in runs)
                print(f"| {penalty} | {throttle}x slower | {frames:.0f} ({each}) | {steps:.0f} |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
