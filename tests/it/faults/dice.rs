//! Chance that can be replayed: `RL_SEED` decides, and the seed is printed.

use std::time::Duration;

/// A sequence of numbers that its seed decides (SplitMix64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Starts from `RL_SEED`, or anew; prints what to replay with. Returns the seed too.
    pub fn thrown(test: &str) -> (Self, u64) {
        let seed = super::from_env("RL_SEED").unwrap_or_else(|| {
            let mut random = [0; 8];
            getrandom::fill(&mut random).unwrap();
            u64::from_le_bytes(random)
        });
        println!("{test}: RL_SEED={seed}");
        (Self(seed), seed)
    }

    /// Another sequence, for somebody else.
    pub fn split(&mut self) -> Self {
        Self(self.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    /// Whether something happens that happens once in `times`.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// A time below `most`.
    pub fn moment(&mut self, most: Duration) -> Duration {
        most.mul_f64(f64::from(u32::try_from(self.below(1_000)).unwrap()) / 1_000.0)
    }
}
