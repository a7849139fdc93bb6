// What can be said for sure about a share of which only counts are known. Pure functions.
#pragma once

namespace dyce {

/// Regularised incomplete beta function I_x(a, b), for a, b > 0 and x in 0..1: the distribution function of
/// Beta(a, b). By Lentz's continued fraction (DLMF 8.17.22), to about 1e-14.
double incomplete_beta(double a, double b, double x);

/// x where incomplete_beta(a, b, x) = p.
double beta_quantile(double a, double b, double p);

/// P(X >= right) of `count` independent answers that are each right with this probability.
double binomial_tail(double right, double count, double probability);

/// Share of right answers that is conservatively expected of an exit by which `count` images left, `right`
/// of them rightly: the 10 % quantile of Beta(1 + right, 1 + count - right) (docs/method.md, "Conservative
/// estimate and certified accuracy").
double conservative_share(double right, double count);

}  // namespace dyce
