//! When work that failed is tried again, and when it is set aside.

use super::clock::Timestamp;

/// Pauses with full jitter under a ceiling that doubles, for a limited time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackOff {
    /// The ceiling of the first pause, in milliseconds.
    pub first_ms: i64,
    /// The highest ceiling, in milliseconds.
    pub longest_ms: i64,
    /// Work that is older than this is set aside for an admin, in milliseconds.
    pub give_up_ms: i64,
}

impl BackOff {
    /// The pause after `tries` earlier tries: anything up to the ceiling, as `fraction` (below 1)
    /// says, so that jobs that failed together do not come back together.
    pub fn pause_ms(&self, tries: i32, fraction: f64) -> i64 {
        let doubled = self.first_ms.saturating_mul(1 << tries.clamp(0, 30));
        let ceiling = doubled.min(self.longest_ms);
        let thousandths = (fraction * 1_000.0) as i64;
        // Never at once: nothing heals in no time.
        (ceiling.saturating_mul(thousandths) / 1_000).max(self.first_ms / 10)
    }

    /// Whether work that came up at `created_at` has waited long enough.
    pub fn is_over(&self, created_at: Timestamp, now: Timestamp) -> bool {
        created_at.plus_ms(self.give_up_ms) < now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const USUAL: BackOff = BackOff {
        first_ms: 1_000,
        longest_ms: 300_000,
        give_up_ms: 7 * 24 * 3_600_000,
    };

    proptest! {
        #[test]
        fn a_pause_is_between_a_tenth_of_a_second_and_five_minutes(tries in any::<i32>(), fraction in 0.0..1.0) {
            let pause = USUAL.pause_ms(tries, fraction);
            prop_assert!((100..300_000).contains(&pause));
            prop_assert!(tries > 0 || pause < 1_000);
        }
    }
}
