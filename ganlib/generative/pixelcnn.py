"""PixelCNN: the probability of a picture as a product over its pixels, exactly. Notebook 10."""

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, cross_entropy, relu

from ganlib.ema import EMA
from ganlib.engine.modes import eval_mode
from ganlib.engine.optim import fused_adam, optimizer_step
from ganlib.engine.state import Trainable

__all__ = ["Autoregressive", "MaskedConv2d", "PixelCNN", "bits", "to_classes", "to_gray"]


def to_classes(x: Tensor, levels: int) -> Tensor:
    """Round pictures (B, 1, H, W) in [-1, 1] to gray levels: integers 0 to levels - 1, (B, H, W)."""
    return ((x[:, 0] + 1) / 2 * (levels - 1)).round().long()


def to_gray(classes: Tensor, levels: int) -> Tensor:
    """Gray levels (B, H, W) as pictures (B, 1, H, W) in [-1, 1]."""
    return (classes / (levels - 1) * 2 - 1).unsqueeze(1)


def bits(nats: Tensor, pixels: int = 784) -> Tensor:
    """Nats a picture -> bits a pixel.

    Example:
        >>> bits(784 * torch.tensor(2.0).log())
        tensor(1.)
    """
    return nats / pixels / torch.tensor(2.0).log()


class MaskedConv2d(nn.Conv2d):
    """A convolution that sees only the rows above and, in its own row, the pixels to the left.

    Args:
        see_center: whether it also sees the pixel itself. The first layer must not (mask A); later layers may
            (mask B), because their input at a pixel knows nothing of that pixel.
        dilation: the distance between the pixels that it looks at.
    """

    def __init__(
        self, in_channels: int, out_channels: int, size: int, *, see_center: bool, dilation: int = 1
    ) -> None:
        super().__init__(in_channels, out_channels, size, padding=dilation * (size // 2), dilation=dilation)
        mask = torch.zeros(size, size)
        mask[: size // 2] = 1
        mask[size // 2, : size // 2 + see_center] = 1
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) -> (B, out_channels, H, W)."""
        return conv2d(x, self.weight * self.mask, self.bias, padding=self.padding, dilation=self.dilation)


class PixelCNN(nn.Module):
    """Masked convolutions in a row: at each pixel the logits of its gray level, given all pixels before it.

        p(x) = Π_i p(x_i | x_1, …, x_{i-1}),     row by row, from left to right

    van den Oord, Kalchbrenner and Kavukcuoglu, 2016, arXiv:1601.06759. A stack of square masks has a blind
    spot, above and to the right, which costs quality, not exactness: van den Oord et al., 2016,
    arXiv:1606.05328.

    Args:
        levels: number of gray levels.
        width: channels of the hidden layers.
        dilations: one hidden layer for each.
    """

    def __init__(
        self, levels: int = 4, width: int = 32, dilations: tuple[int, ...] = (1, 2, 4, 1, 2, 4)
    ) -> None:
        super().__init__()
        self.levels = levels
        self.first = MaskedConv2d(1, width, 7, see_center=False)
        self.hidden = nn.ModuleList(
            MaskedConv2d(width, width, 3, see_center=True, dilation=d) for d in dilations
        )
        self.head = nn.Conv2d(width, levels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Pictures (B, 1, H, W) in [-1, 1] -> logits (B, levels, H, W)."""
        h = self.first(x)
        for layer in self.hidden:
            h = h + layer(relu(h))
        return self.head(relu(h))


class Autoregressive(Trainable):
    """Maximum likelihood for a PixelCNN, and pixel-by-pixel sampling.

    Args:
        net: pictures (B, 1, H, W) -> logits (B, levels, H, W), those at a pixel from pixels before it alone.
        lr: Adam's learning rate.
        ema_decay: of the weights that `log_prob` and `generate` use.
        size: height and width of a picture.
    """

    def __init__(self, net: PixelCNN, *, lr: float = 2e-3, ema_decay: float = 0.99, size: int = 28) -> None:
        self.net, self.size = net.train(), size
        self.optimizer = fused_adam(net.parameters(), lr)
        self.ema = EMA(net, ema_decay)

    def nll(self, net: nn.Module, x: Tensor) -> Tensor:
        """-Σ_i log p(x_i | pixels before), exactly, in nats, (B,); x is rounded to the gray levels."""
        classes = to_classes(x, net.levels)
        logits = net(to_gray(classes, net.levels))  # (B, levels, H, W)
        return cross_entropy(logits, classes, reduction="none").flatten(1).sum(1)

    def step(self, x: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        """One update on a batch (B, 1, H, W) -> the mean of `nll`, in nats a picture."""
        terms = {"nll": self.nll(self.net, x).mean()}
        optimizer_step(self.optimizer, terms)
        self.ema.update(self.net)
        return {"nll": terms["nll"].detach()}

    @torch.no_grad()
    def log_prob(self, x: Tensor, batch: int = 250) -> Tensor:
        """log p(x), exactly, in nats, for each picture (n, 1, H, W) -> (n,)."""
        with eval_mode(self.ema.module) as net:
            return torch.cat([-self.nll(net, part) for part in x.split(batch)])

    @torch.no_grad()
    def generate(self, n: int, start: Tensor | None = None) -> Tensor:
        """n pictures (n, 1, H, W), pixel by pixel; start (rows, W) or (n, rows, W) fixes upper rows."""
        with eval_mode(self.ema.module) as net:
            return _PixelByPixel(net, n, self.size).draw(start)


class _PixelByPixel:
    """Sampling that computes each layer at one pixel only and keeps what it has computed.

    Ramachandran et al., 2017, arXiv:1704.06001.
    """

    def __init__(self, net: PixelCNN, n: int, size: int) -> None:
        self.net, self.n, self.size = net, n, size
        self.layers = [net.first, *net.hidden]
        device = net.head.weight.device
        self.inputs = []  # of each layer, (n, H + 2r, W + 2r, channels): a patch lies together in memory
        self.matrices = []
        for layer in self.layers:
            side = size + 2 * layer.padding[0]
            self.inputs.append(torch.zeros(n, side, side, layer.in_channels, device=device))
            weight = (layer.weight * layer.mask).permute(2, 3, 1, 0)  # (k, k, in, out)
            self.matrices.append(weight.flatten(0, 2))

    def draw(self, start: Tensor | None) -> Tensor:
        fixed = 0 if start is None else start.shape[-2]
        margin = self.layers[0].padding[0]
        for i in range(self.size):
            for j in range(self.size):
                gray = start[..., i, j] if i < fixed else self.choose(self.logits(i, j))
                self.inputs[0][:, i + margin, j + margin, 0] = gray
                if i < fixed:
                    self.logits(i, j)  # later pixels look back at these layers
        inside = slice(margin, margin + self.size)
        return self.inputs[0][:, inside, inside, 0].unsqueeze(1).clone()

    def choose(self, logits: Tensor) -> Tensor:
        """A gray level for each picture, by chance, as a number in [-1, 1]."""
        classes = logits.softmax(1).multinomial(1).flatten()
        return to_gray(classes, self.net.levels).flatten()

    def logits(self, i: int, j: int) -> Tensor:
        """The net's logits (n, levels) at one pixel."""
        h = self.at(0, i, j)
        for k in range(1, len(self.layers)):
            margin = self.layers[k].padding[0]
            self.inputs[k][:, i + margin, j + margin] = h.relu()
            h = h + self.at(k, i, j)
        return h.relu() @ self.net.head.weight.flatten(1).T + self.net.head.bias

    def at(self, k: int, i: int, j: int) -> Tensor:
        """Layer k at one pixel -> (n, out)."""
        layer = self.layers[k]
        reach, stride = 2 * layer.padding[0] + 1, layer.dilation[0]
        patch = self.inputs[k][:, i : i + reach : stride, j : j + reach : stride]
        return patch.flatten(1) @ self.matrices[k] + layer.bias
