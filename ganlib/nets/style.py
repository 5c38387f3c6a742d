"""A style-based generator: a mapping net z -> w, and styles that enter layer by layer. Notebook 12.

Karras, Laine and Aila, 2018, arXiv:1812.04948.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from ganlib.engine.checks import describe
from ganlib.nets.mlp import mlp

__all__ = ["MappingNetwork", "StyleGenerator", "adain", "pixel_norm", "truncate"]


def pixel_norm(h: Tensor) -> Tensor:
    """Scale each place's channels to length sqrt(channels): h (B, channels, ...) -> the same shape.

    Karras, Aila, Laine and Lehtinen, 2017, arXiv:1710.10196, section 4.2.

    Example:
        >>> pixel_norm(torch.tensor([[3.0, 4.0]])).square().sum().item()
        2.0
    """
    return h * (h.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def adain(h: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Give each channel of each picture a new mean and a new spread.

        scale * (h - mean(h)) / std(h) + shift,   mean and std over the places of one channel of one picture

    Huang and Belongie, 2017, arXiv:1703.06868.

    Args:
        h: (B, channels, H, W).
        scale, shift: (B, channels).

    Returns:
        (B, channels, H, W).

    Raises:
        ValueError: if scale or shift is not one number for each channel of each picture.

    Example:
        >>> h = adain(torch.randn(2, 3, 8, 8), torch.full((2, 3), 2.0), torch.ones(2, 3))
        >>> round(h[0, 0].mean().item(), 3), round(h[0, 0].std(unbiased=False).item(), 3)
        (1.0, 2.0)
    """
    for name, style in {"scale": scale, "shift": shift}.items():
        if style.shape != h.shape[:2]:
            raise ValueError(
                f"{name}: expected shape {tuple(h.shape[:2])}, but got {describe(style)}; "
                "one number a channel"
            )
    mean = h.mean((2, 3), keepdim=True)  # (B, channels, 1, 1)
    variance = h.var((2, 3), unbiased=False, keepdim=True)
    std = (variance + 1e-5).sqrt()  # 1e-5: a flat channel divides by no zero
    return scale[..., None, None] * (h - mean) / std + shift[..., None, None]


def truncate(w: Tensor, mean: Tensor, psi: float) -> Tensor:
    """mean + psi (w - mean): pull styles toward the average one. psi = 1 changes nothing.

    Example:
        >>> truncate(torch.tensor([4.0]), torch.tensor([2.0]), 0.5)
        tensor([3.])
    """
    return mean + psi * (w - mean)


class MappingNetwork(nn.Module):
    """z (B, z_dim) -> w (B, z_dim): z at length sqrt(z_dim), then three linear layers with LeakyReLU(0.2).

    Kaiming's start keeps the spread of w; PyTorch's own lets it shrink with each layer.

    Example:
        >>> MappingNetwork(64)(torch.randn(2, 64)).shape
        torch.Size([2, 64])
    """

    def __init__(self, z_dim: int = 64) -> None:
        super().__init__()
        self.net = nn.Sequential(*mlp(z_dim, z_dim, z_dim, z_dim), nn.LeakyReLU(0.2))
        for part in self.net:
            if isinstance(part, nn.Linear):
                nn.init.kaiming_normal_(part.weight, a=0.2)
                nn.init.zeros_(part.bias)

    def forward(self, z: Tensor) -> Tensor:
        return self.net(pixel_norm(z))


class _StyledLayer(nn.Module):
    """[double the side,] convolve, add noise, LeakyReLU, then AdaIN with the style that w asks for."""

    def __init__(self, n_in, n_out, w_dim, double):
        super().__init__()
        self.double, self.convolution = double, nn.Conv2d(n_in, n_out, 3, padding=1)
        self.noise = nn.Parameter(torch.zeros(n_out, 1, 1))  # how much each channel takes
        self.style = nn.Linear(w_dim, 2 * n_out)
        nn.init.zeros_(self.style.bias)

    def forward(self, h, w):
        if self.double:
            h = h.repeat_interleave(2, 2).repeat_interleave(2, 3)  # (B, n_in, 2 H, 2 W)
        h = self.convolution(h)  # (B, n_out, H, W)
        h = leaky_relu(h + self.noise * torch.randn_like(h[:, :1]), 0.2)
        scale, shift = self.style(w).chunk(2, 1)  # (B, n_out) each
        return adain(h, 1 + scale, shift)


class StyleGenerator(nn.Module):
    """z (B, z_dim) -> pictures (B, 1, 28, 28) in [-1, 1], by way of w.

    A learned 7x7 map, the same for all, passes four layers, at 7, 7, 14 and 28 pixels; all that differs from
    picture to picture is the style w in each of them, and noise. In training half of the pictures take the
    styles of their later layers from a second w, so that no layer relies on its neighbors' style.

    Args:
        z_dim: the length of z and of w.
        channels: after each layer.
        mixing: the share of training pictures with two styles.

    Example:
        >>> G = StyleGenerator()
        >>> G(torch.randn(2, 64)).shape
        torch.Size([2, 1, 28, 28])
        >>> w = G.mapping(torch.randn(2, 64))
        >>> torch.stack([w, w, w, w], 1).shape  # one w for each layer, as `synthesize` takes them
        torch.Size([2, 4, 64])
    """

    def __init__(
        self, z_dim: int = 64, channels: tuple[int, ...] = (32, 32, 32, 16), mixing: float = 0.5
    ) -> None:
        super().__init__()
        self.z_dim, self.mixing, self.n_layers = z_dim, mixing, len(channels)
        self.mapping = MappingNetwork(z_dim)
        self.constant = nn.Parameter(torch.randn(1, channels[0], 7, 7))
        widths = (channels[0], *channels)
        self.layers = nn.ModuleList(
            _StyledLayer(n_in, n_out, z_dim, double=i >= len(channels) - 2)  # the last two
            for i, (n_in, n_out) in enumerate(zip(widths, channels))
        )
        self.to_picture = nn.Conv2d(channels[-1], 1, 1)
        self.to(memory_format=torch.channels_last)

    def synthesize(self, w: Tensor) -> Tensor:
        """Styles w (B, layers, z_dim), one for each layer -> pictures (B, 1, 28, 28)."""
        if w.dim() != 3 or w.shape[1] != self.n_layers:
            raise ValueError(
                f"w: expected shape (B, {self.n_layers}, {self.z_dim}), but got {describe(w)}; "
                "torch.stack([w] * 4, 1) gives all layers the same style"
            )
        h = self.constant.expand(len(w), -1, -1, -1).contiguous(memory_format=torch.channels_last)
        for i, layer in enumerate(self.layers):
            h = layer(h, w[:, i])
        return self.to_picture(h).tanh()

    def forward(self, z: Tensor) -> Tensor:
        w = self.mapping(z)[:, None].expand(-1, self.n_layers, -1)  # (B, layers, z_dim)
        return self.synthesize(self._mixed(w) if self.training and self.mixing else w)

    def _mixed(self, w):
        """Each picture keeps its style in the first layers, and takes another one's from its cut on."""
        other = self.mapping(torch.randn_like(w[:, 0]))[:, None]
        cut = torch.randint(1, self.n_layers, (len(w), 1), device=w.device)
        cut = torch.where(torch.rand(len(w), 1, device=w.device) < self.mixing, cut, self.n_layers)
        own = torch.arange(self.n_layers, device=w.device) < cut  # (B, layers)
        return torch.where(own[..., None], w, other)
