"""Exercises of notebook 11: patches, decibels, the way home, and a distance that is judged by where it leads."""

import torch

from ganlib.course.exercises import Exercise, Texts, Workbook

TEXTS = Texts("translation")


def receptive_field(kernels, strides):
    pixels, jump = 1, 1
    for kernel, stride in zip(kernels, strides):
        pixels = pixels + (kernel - 1) * jump
        jump = jump * stride
    return pixels


def strides_forgotten(kernels, strides):
    return 1 + sum(kernel - 1 for kernel in kernels)


def own_stride_counted(kernels, strides):
    pixels, jump = 1, 1
    for kernel, stride in zip(kernels, strides):
        jump *= stride
        pixels += (kernel - 1) * jump
    return pixels


def whole_kernels(kernels, strides):
    pixels, jump = 1, 1
    for kernel, stride in zip(kernels, strides):
        pixels += kernel * jump
        jump *= stride
    return pixels


def layers_cases():
    n = int(torch.randint(3, 6, ()))
    kernels = [int(k) for k in torch.randint(2, 6, (n,))]
    return kernels, [2, *(int(s) for s in torch.randint(1, 4, (n - 1,)))]


def psnr(images, truth):
    return 10 * torch.log10(4 / (images - truth).square().mean())


def peak_of_one(images, truth):
    return 10 * torch.log10(1 / (images - truth).square().mean())


def natural_log(images, truth):
    return 10 * torch.log(4 / (images - truth).square().mean())


def absolute_error(images, truth):
    return 10 * torch.log10(4 / (images - truth).abs().mean())


def picture_by_picture(images, truth):
    return (10 * torch.log10(4 / (images - truth).square().flatten(1).mean(1))).mean()


def peak_not_squared(images, truth):
    return 10 * torch.log10(2 / (images - truth).square().mean())


def bels(images, truth):
    return psnr(images, truth) / 10


def upside_down(images, truth):
    return -psnr(images, truth)


def pictures_cases():
    truth = 2 * torch.rand(3, 1, 5, 5) - 1
    return truth + torch.tensor([0.1, 0.3, 0.6])[:, None, None, None] * torch.randn(3, 1, 5, 5), truth


def cycle_loss(a, b, a_again, b_again):
    return (a_again - a).abs().mean() + (b_again - b).abs().mean()


def squared_cycle(a, b, a_again, b_again):
    return (a_again - a).square().mean() + (b_again - b).square().mean()


def one_way(a, b, a_again, b_again):
    return (a_again - a).abs().mean()


def summed_pixels(a, b, a_again, b_again):
    return (a_again - a).abs().sum() + (b_again - b).abs().sum()


def averaged_kinds(a, b, a_again, b_again):
    return cycle_loss(a, b, a_again, b_again) / 2


def without_absolute(a, b, a_again, b_again):
    return (a_again - a).mean() + (b_again - b).mean()


def across_kinds(a, b, a_again, b_again):
    return (a_again - b).abs().mean() + (b_again - a).abs().mean()


def cycle_cases():
    return tuple(torch.randn(4, 2, 1, 3, 3).unbind())


def distance(fake, real):
    return (fake - real).abs().mean()


def squares(fake, real):
    return (fake - real).square().mean()


def largest_gap(fake, real):
    return (fake - real).abs().amax()


def product(fake, real):
    return -(fake * real).mean()


def away_from_the_truth(fake, real):
    return -(fake - real).abs().mean()


def answers_cases():
    """200 answers of a pixel, 60 to 80 % of them of one color."""
    share = 0.6 + 0.2 * torch.rand(())
    real = torch.ones(200)
    real[: int(200 * share)] = -1.0
    return (real if torch.rand(()) < 0.5 else -real,)


def where_it_leads(distance, real):
    """The number at which gradient descent on distance(number, real) stops, between black and white."""
    fake = torch.zeros((), requires_grad=True)
    adam = torch.optim.Adam([fake], 0.05)
    for _ in range(300):
        adam.zero_grad()
        how_far = distance(fake.expand(len(real)), real)
        if how_far is ... or how_far is None:
            return how_far
        if not torch.is_tensor(how_far) or how_far.ndim or not how_far.requires_grad:
            raise ValueError("expected one number that depends on fake: the mean over the answers")
        how_far.backward()
        adam.step()
        with torch.no_grad():
            fake.clamp_(-1.5, 1.5)
    return fake.detach()


book = Workbook(
    "11",
    Exercise(
        "receptive_field",
        receptive_field,
        layers_cases,
        TEXTS.wrong("receptive_field", strides_forgotten, own_stride_counted, whole_kernels),
        TEXTS.hints("receptive_field"),
    ),
    Exercise(
        "psnr",
        psnr,
        pictures_cases,
        TEXTS.wrong(
            "psnr",
            peak_of_one,
            natural_log,
            absolute_error,
            picture_by_picture,
            peak_not_squared,
            bels,
            upside_down,
        ),
        TEXTS.hints("psnr"),
    ),
    Exercise(
        "cycle_loss",
        cycle_loss,
        cycle_cases,
        TEXTS.wrong(
            "cycle_loss",
            squared_cycle,
            one_way,
            summed_pixels,
            averaged_kinds,
            without_absolute,
            across_kinds,
        ),
        TEXTS.hints("cycle_loss"),
    ),
    Exercise(
        "distance",
        distance,
        answers_cases,
        TEXTS.wrong("distance", squares, largest_gap, product, away_from_the_truth),
        TEXTS.hints("distance"),
        tolerance=0.12,
        play=where_it_leads,
    ),
)
