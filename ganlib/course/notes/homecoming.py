"""A student's own rule for two players, judged by a training: do they come home to the goal?"""

import math
from collections.abc import Callable

__all__ = ["fate_of"]


def fate_of(rule: Callable, middle: float, h: float, steps: int = 2000):
    """What becomes of two players of V = ψ (middle - θ) under rule(directions, θ, ψ, h) -> (new θ, new ψ).

    The rule is not told where the goal (middle, 0) lies; at any place it may ask `directions(θ, ψ)` for G's
    way down V and D's way up.

    Returns:
        "arrives", "circles", "runs away" or "stands still"; `...` where the rule gives back nothing.

    >>> fate_of(lambda directions, theta, psi, h: (theta, psi), 2.0, 0.1)
    'stands still'
    """

    def directions(theta: float, psi: float) -> tuple[float, float]:
        return psi, middle - theta

    theta, psi, moved = middle - 0.8, 0.6, False  # a place at distance 1
    for _ in range(steps):
        place = rule(directions, theta, psi, h)
        if place is None or place is ...:
            return ...
        new_theta, new_psi = map(float, place)
        moved = moved or (new_theta, new_psi) != (theta, psi)
        theta, psi = new_theta, new_psi
        distance = math.hypot(theta - middle, psi)
        if not distance < 100:
            return "runs away"
    if not moved:
        return "stands still"
    return "arrives" if distance < 0.1 else "circles" if distance < 3 else "runs away"
