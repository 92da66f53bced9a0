//! Multinomial logistic regression: which of several kinds a row of figures speaks for.
//!
//! Written here because the crates that do it bring a second generation of `rand` and `getrandom`.

/// Figures of one thing, and its kind.
pub type Sample<const N: usize> = ([f64; N], usize);

/// For each kind the weight of each figure, and what speaks for it whatever they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted<const N: usize> {
    /// By kind, the figures' weights.
    pub weights: Vec<[f64; N]>,
    /// By kind.
    pub constants: Vec<f64>,
}

/// Steps of the descent; for figures scaled to deviations the slope is then as good as nothing.
const STEPS: usize = 4_000;
/// How much of a step the next one keeps.
const MOMENTUM: f64 = 0.9;

impl<const N: usize> Fitted<N> {
    /// The likeliest weights where each is taken to be small: `penalty` is the inverse of the square of how
    /// large. Figures are to be scaled to their deviations.
    pub fn to(samples: &[Sample<N>], kinds: usize, penalty: f64) -> Fitted<N> {
        let mut fitted = Fitted { weights: vec![[0.0; N]; kinds], constants: vec![0.0; kinds] };
        let mut step = fitted.clone();
        // Of figures of some deviations the slope changes by no more than this along its way.
        let rate = 1.0 / (samples.len() as f64 * N as f64 / 4.0 + penalty);
        for _ in 0..STEPS {
            let slope = fitted.slope(samples, penalty);
            for kind in 0..kinds {
                for figure in 0..N {
                    let moved = &mut step.weights[kind][figure];
                    *moved = MOMENTUM * *moved - rate * slope.weights[kind][figure];
                    fitted.weights[kind][figure] += *moved;
                }
                step.constants[kind] = MOMENTUM * step.constants[kind] - rate * slope.constants[kind];
                fitted.constants[kind] += step.constants[kind];
            }
        }
        fitted
    }

    /// The probability of each kind.
    pub fn probabilities(&self, figures: &[f64; N]) -> Vec<f64> {
        let sums: Vec<f64> = self
            .weights
            .iter()
            .zip(&self.constants)
            .map(|(weights, constant)| {
                constant + weights.iter().zip(figures).map(|(w, f)| w * f).sum::<f64>()
            })
            .collect();
        let most = sums.iter().copied().fold(f64::MIN, f64::max);
        let raised: Vec<f64> = sums.iter().map(|sum| (sum - most).exp()).collect();
        let all: f64 = raised.iter().sum();
        raised.into_iter().map(|one| one / all).collect()
    }

    /// The likeliest kind.
    pub fn kind(&self, figures: &[f64; N]) -> usize {
        let all = self.probabilities(figures);
        (0..all.len()).max_by(|a, b| all[*a].total_cmp(&all[*b])).unwrap_or(0)
    }

    /// How the logarithm of the improbability rises with each weight.
    fn slope(&self, samples: &[Sample<N>], penalty: f64) -> Fitted<N> {
        let penalised = |weights: &[f64; N]| weights.map(|weight| penalty * weight);
        let mut slope = Fitted {
            weights: self.weights.iter().map(penalised).collect(),
            constants: vec![0.0; self.constants.len()],
        };
        for (figures, done) in samples {
            for (kind, odds) in self.probabilities(figures).into_iter().enumerate() {
                let wrong = odds - f64::from(u8::from(kind == *done));
                slope.constants[kind] += wrong;
                for (sum, figure) in slope.weights[kind].iter_mut().zip(figures) {
                    *sum += wrong * figure;
                }
            }
        }
        slope
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::Chance;

    #[test]
    fn kinds_that_figures_tell_apart_are_told_apart_and_no_better_weights_are_near() {
        let chance = &mut Chance::of(7);
        let middles = [[0.0, 1.5], [1.3, -0.8], [-1.3, -0.8]];
        let samples: Vec<Sample<2>> = (0..300)
            .map(|at| (middles[at % 3].map(|m| m + f64::from(chance.between(-0.9, 0.9))), at % 3))
            .collect();
        let fitted = Fitted::to(&samples, 3, 1.0);
        let right = samples.iter().filter(|(figures, kind)| fitted.kind(figures) == *kind).count();
        assert!(right > 290, "{right} of 300");
        let slope = fitted.slope(&samples, 1.0);
        let steepest =
            slope.weights.iter().flatten().chain(&slope.constants).fold(0.0f64, |s, v| s.max(v.abs()));
        assert!(steepest < 1e-3, "{steepest}");
    }
}
