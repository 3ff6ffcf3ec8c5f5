"""The features that many problems share: standardised, and read in blocks where they are many."""

from collections.abc import Callable, Iterator
from mmap import mmap
from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_numpy_namespace
from array_api_compat import device as device_of
from numpy.typing import NDArray
from scipy import sparse

Array = Any

# Numbers up to which a memory map is read at once: 600 MB with the copies that the solver keeps.
_IN_MEMORY = 50_000_000
# Numbers of one block that is read from a file, 4 MB in float32: it stays in the caches.
_BLOCK = 1_000_000


class Design:
    """X: [n, d] as the solver sees it: (X - mean) / scale, a block of rows at a time.

    X is an array of numpy (in memory, or a memory map), a matrix of scipy.sparse, or a tensor of
    torch on any device. A large memory map is read in blocks at every pass, so that it may exceed
    the memory; everything else is one block, standardised once. A sparse X stays sparse: the mean
    is taken off its products.

    standardise: False takes X as it is. rows: [n] bool, the rows that mean and scale are taken
    over; None: all.
    """

    def __init__(
        self, X: Any, standardise: bool = True, rows: NDArray[np.bool_] | None = None
    ) -> None:
        self._X = sparse.csr_matrix(X) if sparse.issparse(X) else X
        self.n, self.d = int(X.shape[0]), int(X.shape[1])
        self.sparse = bool(sparse.issparse(X))
        self.streamed = isinstance(X, np.memmap) and X.size > _IN_MEMORY
        # What would be costly at every pass is left to the products: the scale, which goes into
        # the weights, and where X is sparse the mean too.
        self._folded = self.sparse or self.streamed
        self._xp: Any = np if self.sparse else array_namespace(X)
        self._device = None if self.sparse else device_of(X)
        self._kept: dict[Any, Any] = {}
        self.mean, self.scale = self.array(np.zeros(self.d)), self.array(np.ones(self.d))
        self.constant = self._xp.zeros(self.d, dtype=self._xp.bool, device=self._device)
        if standardise:
            self.mean, self.scale, self.constant = self._moments(rows)

    @property
    def namespace(self) -> Any:
        """The array library of X."""
        return self._xp

    @property
    def double(self) -> Any:
        """Its float64."""
        return self._xp.float64

    @property
    def single(self) -> Any:
        """Its float32."""
        return self._xp.float32

    def array(self, values: Any, dtype: Any = None) -> Array:
        """Values of numpy as an array of X's library on X's device, float64 unless said."""
        dtype = dtype or self._xp.float64
        if is_numpy_namespace(self._xp):
            return np.asarray(values, dtype=dtype)
        return self._xp.asarray(values, dtype=dtype, device=self._device)

    def blocks(self, dtype: Any) -> Iterator[tuple[slice, Any]]:
        """The rows of each block, and their features in `dtype`, prepared by `_prepared`."""
        if not self.streamed:
            if dtype not in self._kept:
                self._kept[dtype] = self._prepared(self._X, dtype)
            yield slice(0, self.n), self._kept[dtype]
            return
        for rows in self._block_rows():
            yield rows, self._prepared(_read(self._X, rows), dtype)

    def times(self, weights: Array) -> Array:
        """X @ weights: [d, m], in the precision of the weights; [n, m]."""
        parts = [self._product(block, weights) for _, block in self.blocks(weights.dtype)]
        return parts[0] if len(parts) == 1 else self._xp.concat(parts)

    def transposed_times(self, rows: Array) -> Array:
        """X.T @ rows: [n, m], in the precision of the rows; [d, m]."""
        total = 0
        for where, block in self.blocks(rows.dtype):
            total = total + self._transposed_product(block, rows[where])
        return total

    def curvature_product(
        self, weights: Array, bend: Callable[[slice, Array], Array]
    ) -> tuple[Array, Array]:
        """X.T @ bend(X @ weights), [d, m], and the sum of its rows, [m], in one pass over X.

        weights: [d, m]. bend: maps the rows of a block and their product, [rows, m], to the same
        shape.
        """
        product: Any = 0
        sums: Any = 0
        for where, block in self.blocks(weights.dtype):
            bent = bend(where, self._product(block, weights))
            product = product + self._transposed_product(block, bent)
            sums = sums + self._xp.sum(bent, axis=0)
        return product, sums

    def gram(self) -> Array:
        """X.T @ X, [d, d]; float32, as it only speeds the solver up."""
        total: Any = 0
        for _, block in self.blocks(self.single):
            total = total + block.T @ block
        if not self._folded:
            return total
        if self.sparse:
            total = total.toarray() - self.n * np.outer(self.mean, self.mean)
        scaled = total / self.scale / self.scale[:, None]
        return self._xp.astype(scaled, self.single)

    def row_gram(self) -> Array:
        """X @ X.T, [n, n] float32, of a design that is one block."""
        ((_, block),) = self.blocks(self.single)
        if not self.sparse:
            return block @ block.T
        scaled = block @ sparse.diags((1 / self.scale).astype(self.single))
        # Centred rows and columns are those of centred features.
        dense = (scaled @ scaled.T).toarray()
        dense -= dense.mean(axis=0)
        return dense - dense.mean(axis=1, keepdims=True)

    def _product(self, block: Any, weights: Array) -> Array:
        """Standardised rows of a block times weights: [d, m]."""
        if not self._folded:
            return block @ weights
        scaled = weights / self._xp.astype(self.scale, weights.dtype)[:, None]
        product = block @ scaled
        return product - self.mean.astype(weights.dtype) @ scaled if self.sparse else product

    def _transposed_product(self, block: Any, rows: Array) -> Array:
        """Standardised rows of a block, transposed, times rows: [rows of the block, m]."""
        product = block.T @ rows
        if not self._folded:
            return product
        if self.sparse:
            product = product - self.mean.astype(rows.dtype)[:, None] * rows.sum(axis=0)
        return product / self._xp.astype(self.scale, rows.dtype)[:, None]

    def in_the_span_of_rows(self) -> tuple["Design", Array]:
        """Of a dense design with n < d: its rows in an orthonormal basis of their span.

        Returns the rows' coordinates, [n, n], as a design, and the basis, [d, n]. The weights that
        minimise a penalised loss lie in that span (representer theorem), and a rotation leaves
        their norm as it is: the fit is the same, with n features.
        """
        ((_, block),) = self.blocks(self.double)
        basis, coordinates = self._xp.linalg.qr(block.T)
        self._kept.clear()
        return Design(self._xp.asarray(coordinates.T, copy=True), standardise=False), basis

    def _block_rows(self) -> Iterator[slice]:
        at_once = max(1, _BLOCK // self.d)
        for start in range(0, self.n, at_once):
            yield slice(start, min(self.n, start + at_once))

    def _prepared(self, block: Any, dtype: Any) -> Any:
        """A block in `dtype`: standardised, only centred, or as it is; see `_folded`."""
        if self.sparse:
            return block.astype(dtype)
        if self._folded:
            return self._xp.astype(block, dtype) - self._xp.astype(self.mean, dtype)
        # In float64 first: the mean of a feature may be far larger than its spread.
        wide = self._xp.astype(block, self.double)
        return self._xp.astype((wide - self.mean) / self.scale, dtype)

    def _moments(self, rows: NDArray[np.bool_] | None) -> tuple[Array, Array, Array]:
        """Mean, scale and whether a feature is constant: [d] each, in two passes."""
        if self.sparse:
            chosen = self._X if rows is None else self._X[np.flatnonzero(rows)]
            dense_mean = np.asarray(chosen.mean(axis=0)).ravel()
            squares = np.asarray(chosen.multiply(chosen).mean(axis=0)).ravel()
            spread = np.sqrt(np.maximum(squares - dense_mean**2, 0))
            low, high = (of.toarray().ravel() for of in (chosen.min(axis=0), chosen.max(axis=0)))
            constant = low == high  # rounding gives these a spread
            return np.where(constant, low, dense_mean), np.where(constant, 1.0, spread), constant
        xp, count = self._xp, self.n if rows is None else int(rows.sum())
        total, squares = self.array(np.zeros(self.d)), self.array(np.zeros(self.d))
        for block in self._chosen(rows):
            total = total + xp.sum(block, axis=0)
        mean = total / count
        low, high = mean + np.inf, mean - np.inf
        for block in self._chosen(rows):
            squares = squares + xp.sum((block - mean) ** 2, axis=0)
            low = xp.minimum(low, xp.min(block, axis=0))
            high = xp.maximum(high, xp.max(block, axis=0))
        constant = low == high
        mean = xp.where(constant, low, mean)  # without its rounding
        return mean, xp.where(constant, xp.ones_like(mean), xp.sqrt(squares / count)), constant

    def _chosen(self, rows: NDArray[np.bool_] | None) -> Iterator[Any]:
        """The blocks as they are, in float64, without the rows that are left out."""
        parts = self._block_rows() if self.streamed else iter([slice(0, self.n)])
        for where in parts:
            block = _read(self._X, where) if self.streamed else self._X
            if rows is not None:
                kept = np.flatnonzero(rows[where])
                block = block[kept] if is_numpy_namespace(self._xp) else block[kept.tolist()]
            if block.shape[0]:
                yield self._xp.astype(block, self.double)


def _read(mapped: "np.memmap[Any, Any]", rows: slice) -> NDArray[Any]:
    """A copy of some rows.

    They are mapped anew and let go at once: pages of a map that stays count as memory in use.
    """
    if not isinstance(mapped.base, mmap) or not mapped.flags.c_contiguous:
        return np.array(mapped[rows])  # a view: where its rows lie in the file isn't told
    row_bytes = mapped.dtype.itemsize * mapped.shape[1]
    shape = (rows.stop - rows.start, mapped.shape[1])
    assert mapped.filename is not None
    return np.array(
        np.memmap(
            mapped.filename,
            dtype=mapped.dtype,
            mode="r",
            offset=mapped.offset + rows.start * row_bytes,
            shape=shape,
        )
    )
