//! What Sugar said of a number less than a minute ago.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::PhoneMatches;
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::phone::PhoneNumber;

/// A record that somebody changes in Sugar is seen after this long at the latest.
const KEPT_MS: i64 = 60_000;

/// Numbers remembered at once.
const MOST: usize = 1_000;

/// Answers of a minute, by number, on this node.
pub(super) struct PhoneCache {
    clock: Arc<dyn Clock>,
    kept: Mutex<HashMap<PhoneNumber, (Timestamp, Arc<PhoneMatches>)>>,
    forgotten: AtomicU64,
}

/// When a question began: how often something had been forgotten by then.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked(u64);

impl PhoneCache {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            kept: Mutex::default(),
            forgotten: AtomicU64::new(0),
        }
    }

    /// To be called before Sugar is asked.
    pub(super) fn asks(&self) -> Asked {
        Asked(self.forgotten.load(Ordering::SeqCst))
    }

    pub(super) fn get(&self, number: &PhoneNumber) -> Option<Arc<PhoneMatches>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, found) = kept.get(number)?;
        self.is_fresh(*at).then(|| Arc::clone(found))
    }

    /// Keeps an answer; not an empty one, since somebody may be typing the number into a record,
    /// nor one that may be older than what was forgotten while Sugar was asked.
    pub(super) fn keep(&self, number: &PhoneNumber, found: &Arc<PhoneMatches>, asked: Asked) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if found.exact.is_empty() || asked != self.asks() {
            return;
        }
        if kept.len() >= MOST {
            kept.retain(|_, (at, _)| self.is_fresh(*at));
        }
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(number.clone(), (self.clock.now(), Arc::clone(found)));
    }

    /// Drops the answer, and those on their way. Other nodes have theirs for a minute at most.
    pub(super) fn forget(&self, number: &PhoneNumber) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        kept.remove(number);
    }

    fn is_fresh(&self, at: Timestamp) -> bool {
        self.clock.now() < at.plus_ms(KEPT_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::super::scripted::StillClock;
    use super::super::{PhoneMatch, PhoneMatches};
    use super::*;
    use crate::domain::record::{Module, RecordRef};

    fn one_record() -> Arc<PhoneMatches> {
        let record = RecordRef {
            module: Module::Leads,
            id: "l1".to_owned(),
        };
        let exact = vec![PhoneMatch {
            record,
            assigned_user_id: None,
        }];
        Arc::new(PhoneMatches {
            exact,
            ..PhoneMatches::default()
        })
    }

    #[test]
    fn an_answer_is_kept_for_a_minute_or_until_it_is_forgotten() {
        let clock = Arc::new(StillClock::default());
        let cache = PhoneCache::new(clock.clone());
        let number = PhoneNumber::parse_e164("+14155552671").unwrap();
        cache.keep(&number, &Arc::default(), cache.asks());
        assert_eq!(cache.get(&number), None, "nobody has it: asked again");
        cache.keep(&number, &one_record(), cache.asks());
        clock.advance_s(59);
        assert_eq!(cache.get(&number), Some(one_record()));
        clock.advance_s(1);
        assert_eq!(cache.get(&number), None);
        cache.keep(&number, &one_record(), cache.asks());
        cache.forget(&number);
        assert_eq!(cache.get(&number), None);
    }

    #[test]
    fn an_answer_that_was_on_its_way_when_it_was_forgotten_is_not_kept() {
        let cache = PhoneCache::new(Arc::new(StillClock::default()));
        let number = PhoneNumber::parse_e164("+14155552671").unwrap();
        let asked = cache.asks();
        cache.forget(&number);
        cache.keep(&number, &one_record(), asked);
        assert_eq!(cache.get(&number), None);
    }

    #[test]
    fn it_never_grows_beyond_its_bound() {
        let cache = PhoneCache::new(Arc::new(StillClock::default()));
        for last in 0..3 * MOST {
            let number = PhoneNumber::parse_e164(&format!("+1415555{last:04}")).unwrap();
            cache.keep(&number, &one_record(), cache.asks());
            assert!(cache.kept.lock().unwrap().len() <= MOST);
        }
    }
}
