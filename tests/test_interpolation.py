"""Paths between latent vectors: values and slopes, also where two directions are one."""

import pytest
import torch

from ganlib.interpolation import lerp, slerp


@pytest.mark.parametrize("factor", [1.0, 2.5, -1.0])
def test_on_a_line_it_is_lerp_with_lerps_slope(factor):
    torch.manual_seed(0)
    a = torch.randn(500, 64)
    slopes = []
    for path in (slerp, lerp):
        ends = [x.clone().requires_grad_() for x in (a, factor * a)]
        way = path(*ends, 0.3)
        slopes.append(torch.autograd.grad(way.sum(), ends))
    torch.testing.assert_close(way, slerp(a, factor * a, 0.3))
    torch.testing.assert_close(*slopes)


def test_its_slope_elsewhere_by_finite_differences():
    torch.manual_seed(0)
    ends = [torch.randn(3, 4, dtype=torch.double, requires_grad=True) for _ in "ab"]
    assert torch.autograd.gradcheck(lambda a, b: slerp(a, b, 0.3), ends)
