"""The polytope lens (Black et al. 2022, arXiv 2211.12312): where activations meet non-linearities.

A piecewise-linear network is one affine map inside each polytope of its input space. Which
polytope an activation lies in is told by its spline code: one bit a unit, whether the unit's
pre-activation is above zero.
"""
