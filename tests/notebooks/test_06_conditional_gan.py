"""Notebook 06: what the page writes equals the library; the conditional nets, against closed forms."""

import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, log_softmax, logsigmoid, softplus

from ganlib.course import obedience_exercise, plots
from ganlib.course.exercises.conditional_gan import book, labels_alone, lowest_recall
from ganlib.course.results import Record
from ganlib.gan import GAN
from ganlib.nets import ACDiscriminator, MLPDiscriminator, MLPGenerator, ProjectionDiscriminator
from ganlib.nets.mlp import append_label
from ganlib.variants import ACGAN
from tests.support.pages import page_function

PAGE = "06_conditional_gan"
X, Y = torch.randn(6, 1, 28, 28), torch.tensor([3, 0, 9, 9, 1, 4])


def test_appending_on_the_page_is_the_library_s():
    table = torch.nn.Embedding(10, 3)
    page = page_function(PAGE, "with_label")(X.flatten(1), Y, table)
    torch.testing.assert_close(page, append_label(X.flatten(1), Y, table))
    assert page.shape == (6, 787) and torch.equal(page[:, 784:], table.weight[Y])


def test_projection_on_the_page_is_the_library_s():
    page, library = page_function(PAGE, "ProjectionDiscriminator")(), ProjectionDiscriminator()
    page.load_state_dict(library.state_dict())
    torch.testing.assert_close(page(X, Y), library(X, Y))


def test_projection_is_psi_plus_inner_product():
    D = ProjectionDiscriminator(widths=(20, 7))
    h = D.phi(X.flatten(1))
    expected = [
        (D.psi.weight[0] @ f + D.psi.bias[0] + D.class_vectors.weight[c] @ f).item() for f, c in zip(h, Y)
    ]
    torch.testing.assert_close(D(X, Y), torch.tensor(expected), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("y", [None, Y.float(), Y[:3]])
def test_projection_names_bad_labels(y):
    with pytest.raises(ValueError, match="y: expected (6 labels of dtype int64|labels)"):
        ProjectionDiscriminator()(X, y)


def test_training_without_labels_says_how_to_mend_it():
    for gan in (ac_gan(ACGAN), GAN(MLPGenerator(), ProjectionDiscriminator(), device="cpu")):
        with pytest.raises(ValueError, match="conditional=True"):
            gan.d_objective(X, X)


def ac_gan(kind):
    torch.manual_seed(0)
    return kind(MLPGenerator(n_classes=10), ACDiscriminator(), device="cpu")


def test_acgan_on_the_page_is_the_library_s():
    page, library = ac_gan(page_function(PAGE, "ACGAN")), ac_gan(ACGAN)
    for gan in (page, library):
        torch.manual_seed(1)
        gan.terms = gan.step(X, Y)
    assert page.terms.keys() == library.terms.keys() == {"d_loss", "d_class", "g_loss", "g_class"}
    torch.testing.assert_close(page.terms, library.terms)


def test_acgan_terms_are_their_formulas():
    gan = ac_gan(ACGAN)
    fake = torch.randn(6, 1, 28, 28)
    d, g = gan.d_objective(X, fake, Y), gan.g_objective(X, fake, Y)
    rows = torch.arange(6)
    torch.testing.assert_close(d["d_loss"], -logsigmoid(gan.D(X)).mean() - logsigmoid(-gan.D(fake)).mean())
    torch.testing.assert_close(d["d_class"], -log_softmax(gan.D.classify(X), 1)[rows, Y].mean())
    torch.testing.assert_close(g["g_loss"], -logsigmoid(gan.D(fake)).mean())
    torch.testing.assert_close(g["g_class"], -log_softmax(gan.D.classify(fake), 1)[rows, Y].mean())


def test_a_discriminator_that_ignores_y_gives_a_generator_no_reason_to_use_it():
    torch.manual_seed(0)
    G = MLPGenerator(n_classes=10)
    D = page_function(PAGE, "LabelBlind")(MLPDiscriminator())
    gan = GAN(G, D, device="cpu")
    torch.testing.assert_close(D(X, Y), D(X, Y.flip(0)))  # the logit, all that G's gradient comes from
    assert gan.step(X.clamp(-1, 1), Y).keys() == {"d_loss", "g_loss"}


def test_divergence_on_the_page():
    jsd = page_function(PAGE, "jsd")
    one, other = torch.eye(2)
    assert jsd(one, one) == 0
    assert jsd(one, other).item() == pytest.approx(0.693147, abs=1e-5)
    p, g = torch.rand(2, 5).softmax(1)
    m = (p + g) / 2
    assert jsd(p, g).item() == pytest.approx(
        ((p * (p / m).log()).sum() + (g * (g / m).log()).sum()).item() / 2, abs=1e-6
    )


def test_labels_alone_by_hand():
    share = torch.tensor([0.75, 0.25])
    expected = 0.75 * math.log(0.6) + 0.25 * math.log(1 / 3) + 0.5 * math.log(0.4) + 0.5 * math.log(2 / 3)
    assert labels_alone(share, torch.tensor([0.5, 0.5])).item() == pytest.approx(expected, abs=1e-6)
    assert labels_alone(share, share).item() == pytest.approx(-math.log(4), abs=1e-6)


def test_the_lowest_recall_by_hand():
    """Class 4: three of four reals within 3 of a fake, the distance of its third neighbor. Class 7: all."""
    fake = torch.tensor([[0.0], [1.0], [2.0], [3.0], [10.0], [11.0], [12.0], [13.0]])
    real = torch.tensor([[0.5], [10.5], [-1.0], [11.5], [5.5], [10.0], [6.5], [12.0]])
    real_y, fake_y = torch.tensor([4, 7, 4, 7, 4, 7, 4, 7]), torch.tensor([4] * 4 + [7] * 4)
    assert lowest_recall(real, real_y, fake, fake_y) == (0.75, 4)


def test_the_page_s_spread_is_the_mean_variance_within_a_class():
    spread = page_function(PAGE, "spread")
    y = torch.arange(10).repeat_interleave(2)
    gap = torch.tensor([1.0, -1.0]).repeat(10) * (y + 1)  # variance of two points at ±a: 2 a²
    features = torch.stack([100.0 * y + gap, gap], dim=1)
    assert spread(features, y) == pytest.approx(sum(4.0 * (c + 1) ** 2 for c in range(10)) / 10)


def test_a_sheet_with_names_has_a_row_for_each():
    sheet, bare = plots.named_rows(X, ["one", "two"], 2), plots.image_grid(X, 3, 2)
    assert sheet.height == bare.height and sheet.width > bare.width
    margin = sheet.width - bare.width
    assert sheet.crop((margin, 0, *sheet.size)).tobytes() == bare.convert("RGB").tobytes()
    with pytest.raises(ValueError, match="multiple of 4 rows"):
        plots.named_rows(X, "abcd")


def test_class_vectors_start_as_large_as_psi():
    torch.manual_seed(0)
    D = ProjectionDiscriminator()
    assert D.class_vectors.weight.std().item() == pytest.approx(D.psi.weight.std().item(), rel=0.15)


def test_what_was_recorded_holds_on_every_seed():
    record = Record("conditional-gan")
    ways = [record.values(kind, "accuracy") for kind in ("concatenation", "projection", "AC-GAN")]
    assert len(ways[0]) == 5 and all(a < b < c for a, b, c in zip(*ways))
    assert max(record.values("AC-GAN", "variance")) < min(record.values("projection", "variance"))
    assert sum(record.values("hidden from D", "accuracy")) / 5 == pytest.approx(0.1, abs=0.06)


@pytest.mark.parametrize(
    "name, words",
    [
        ("all_signs_swapped", "D's signs are the wrong way round"),
        ("g_helps_d", "G's sign is the wrong way round"),
        ("saturating", "the saturating loss"),
        ("wasserstein", "not made of -log D"),
        ("g_without_graph", "No gradient arrives in G"),
    ],
)
def test_losses_of_another_game_are_refused_before_any_training(name, words, monkeypatch):
    """The game with all signs swapped trains as well, since D may say "real" with either sign."""
    monkeypatch.setattr(obedience_exercise, "STEPS", None)  # range(None) would stop a training
    status, message = book.obey.judge(getattr(obedience_exercise, name))
    assert status == "wrong" and words in message


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_game_with_all_signs_swapped_would_obey(seed, monkeypatch):
    """Why the check looks at signs: by its outcome alone this game is as good as the right one."""
    monkeypatch.setattr(obedience_exercise, "objection", lambda losses: "")
    set_seed = torch.manual_seed
    monkeypatch.setattr(torch, "manual_seed", lambda _: set_seed(seed))
    for losses in (obedience_exercise.all_signs_swapped, obedience_exercise.right_losses):
        found = obedience_exercise.play_obedience(losses)
        assert found["share"] > 0.8 and not found["complaint"]


def test_the_same_losses_in_other_words_are_right():
    def by_cross_entropy(G, D, x, y, z):
        bce, one, none = binary_cross_entropy_with_logits, torch.ones(len(x)), torch.zeros(len(x))
        d_loss = (bce(D(x, y), one) + bce(D(G(z, y).detach(), y), none)) / 2
        return d_loss, bce(D(G(z, y), y), one)

    assert book.obey.judge(by_cross_entropy)[0] == "solved"
    assert book.obey.judge(lambda G, D, x, y, z: (..., ...))[0] == "not attempted"


def test_labels_that_are_drawn_twice_for_a_fake_are_told_apart():
    def drawn_twice(G, D, x, y, z):
        asked, shown = torch.randint(8, (2, len(y)))
        fake = G(z, asked)
        d_loss = softplus(-D(x, y)).mean() + softplus(D(fake.detach(), shown)).mean()
        return d_loss, softplus(-D(fake, shown)).mean()

    assert "a label other than y" in book.obey.judge(drawn_twice)[1]


def test_losses_that_nobody_can_learn_from_are_named():
    def blind(G, D, x, y, z):
        return x.mean(), torch.zeros(())

    assert "does not change with D's logits" in book.obey.judge(blind)[1]

    def at_once(G, D, x, y, z):
        logits = D(torch.cat([x, G(z, y)]), torch.cat([y, y]))
        return softplus(-logits).mean(), softplus(logits).mean()

    assert "ask it of real and fake apart" in book.obey.judge(at_once)[1]


def test_a_discriminator_without_labels_is_named():
    def no_label(G, D, x, y, z):
        return -D(x).mean(), -D(G(z, y)).mean()

    status, message = book.obey.judge(no_label)
    assert status == "wrong" and "D takes points and labels: D(x, y)" in message


def test_a_class_that_does_not_occur_is_named():
    def all_ten(real, real_y, fake, fake_y):
        from ganlib.metrics import precision_recall

        return min((precision_recall(real[real_y == c], fake[fake_y == c])[1], c) for c in range(10))

    status, message = book.lowest_recall.judge(all_ten)
    assert status == "wrong" and "does not occur" in message
