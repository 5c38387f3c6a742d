"""Measurements of pictures, against pictures whose answer is known."""

import pytest
import torch
from scipy import stats

from ganlib.metrics.pictures import checkerboard_share, ink, power_spectrum, psnr, sharpness, slant


@pytest.mark.parametrize("periods", [1, 4, 9, 14])
@pytest.mark.parametrize("along", [2, 3])
def test_the_spectrum_finds_a_gratings_wave(periods, along):
    wave = torch.cos(2 * torch.pi * periods * torch.arange(28) / 28)
    images = wave.view([1, 1, 28, 1] if along == 2 else [1, 1, 1, 28]).expand(2, 1, 28, 28)
    assert power_spectrum(images).argmax() == periods


def test_noise_has_the_same_power_in_all_waves_and_blur_takes_the_fine_ones():
    torch.manual_seed(0)
    noise = torch.randn(500, 1, 28, 28)
    flat = power_spectrum(noise)[1:]
    assert flat.max() < 1.1 * flat.min()
    torch.testing.assert_close(flat.mean().item(), 28.0**2, rtol=0.02, atol=0)  # Parseval
    blurred = torch.nn.functional.avg_pool2d(torch.nn.functional.pad(noise, (1, 1, 1, 1)), 3, 1)
    ratio = power_spectrum(blurred)[1:] / flat
    assert ratio[0] > 0.8 and ratio[-1] < 0.1


def test_shares_of_checkerboards():
    rows = torch.arange(8)
    stripes = (rows % 2).float().view(1, 1, 8, 1).expand(1, 1, 8, 8)
    assert checkerboard_share(stripes) == pytest.approx(1)
    slow = torch.cos(2 * torch.pi * rows / 8).view(1, 1, 8, 1).expand(1, 1, 8, 8)
    assert checkerboard_share(torch.zeros(2, 1, 8, 8)) == 0, "no wave at all"
    assert checkerboard_share(slow) == pytest.approx(0, abs=1e-6)
    assert checkerboard_share(slow + 2 * stripes) == pytest.approx(2 / 3, abs=1e-5)  # powers 1/2 and 1
    torch.manual_seed(0)
    assert checkerboard_share(torch.randn(500, 1, 8, 8)) == pytest.approx(15 / 63, rel=0.03)


def test_ink_and_slant():
    assert torch.equal(
        ink(torch.tensor([-1.0, 0.0, 1.0]).view(3, 1, 1, 1).expand(3, 1, 5, 5)), torch.tensor([0, 0.5, 1])
    )
    for slope in (-0.5, 0.0, 1.0):
        image = torch.full((1, 1, 29, 29), -1.0)
        for y in range(4, 25):
            image[0, 0, y, round(14 + slope * (14 - y))] = 1.0
        y, x = (image[0, 0] > 0).nonzero().T
        expected = stats.linregress(-y.numpy(), x.numpy()).slope
        assert slant(image).item() == pytest.approx(expected, abs=1e-4)


def test_bad_pictures_are_named():
    for wrong in (torch.zeros(2, 3, 8, 8), torch.zeros(2, 1, 8, 9), torch.zeros(8, 8)):
        with pytest.raises(ValueError, match="images: expected square gray pictures"):
            power_spectrum(wrong)


def test_psnr_in_decibels():
    truth = torch.zeros(2, 1, 4, 4)
    assert psnr(truth + 0.2, truth) == pytest.approx(20, abs=1e-4)  # 10 log10(4 / 0.04)
    assert psnr(truth + 2.0, truth) == pytest.approx(0, abs=1e-5), "black for white"
    with pytest.raises(ValueError, match="one for each picture"):
        psnr(truth, truth[:1])


def test_sharpness_of_stripes_and_of_their_blur():
    stripes = torch.tensor([-1.0, 1.0]).repeat(4).expand(1, 1, 8, 8)
    assert sharpness(stripes) == pytest.approx(4)  # 2² across, 0 along
    assert sharpness(torch.full((1, 1, 8, 8), 0.3)) == 0
    assert sharpness(0.5 * stripes) == pytest.approx(1)
