"""A place: a named site at a block, where activations are read and written."""

from dataclasses import dataclass

# In the order in which a block computes them.
SITES = ("resid_pre", "head", "attn_out", "resid_mid", "mlp_act", "mlp_out", "resid_post")


@dataclass(frozen=True)
class Place:
    """`site` at block `layer`, counted from 0; the embedding's output is resid_pre of block 0."""

    site: str
    layer: int

    @property
    def label(self) -> str:
        """What people read: "embedding" or "layer 3", with the site where it is not the usual."""
        if (self.site, self.layer) == ("resid_pre", 0):
            return "embedding"
        return f"layer {self.layer}" + ("" if self.site == "resid_post" else f" {self.site}")

    @property
    def stem(self) -> str:
        """Name of the place in files, such as `resid_post.003`."""
        return f"{self.site}.{self.layer:03d}"


EMBEDDING = Place("resid_pre", 0)


def place_of(stem: str) -> Place:
    """The place of which `stem` is the name in files."""
    site, _, layer = stem.rpartition(".")
    return Place(site, int(layer))
