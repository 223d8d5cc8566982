//! What Sugar said of a number less than a minute ago.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::PhoneMatches;
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::phone::PhoneNumber;

/// A record that somebody changes in Sugar is seen after this long at the latest.
const KEPT_MS: i64 = 60_000;

/// Numbers remembered at once.
const MOST: usize = 1_000;

/// Answers of a minute, by number.
pub(super) struct PhoneCache {
    clock: Arc<dyn Clock>,
    kept: Mutex<HashMap<PhoneNumber, (Timestamp, Arc<PhoneMatches>)>>,
}

impl PhoneCache {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            kept: Mutex::default(),
        }
    }

    pub(super) fn get(&self, number: &PhoneNumber) -> Option<Arc<PhoneMatches>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, found) = kept.get(number)?;
        self.is_fresh(*at).then(|| Arc::clone(found))
    }

    /// Keeps an answer; not an empty one, since somebody may be typing the number into a record.
    pub(super) fn keep(&self, number: &PhoneNumber, found: &Arc<PhoneMatches>) {
        if found.exact.is_empty() {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.retain(|_, (at, _)| self.is_fresh(*at));
        }
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(number.clone(), (self.clock.now(), Arc::clone(found)));
    }

    pub(super) fn forget(&self, number: &PhoneNumber) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
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
        cache.keep(&number, &Arc::default());
        assert_eq!(cache.get(&number), None, "nobody has it: asked again");
        cache.keep(&number, &one_record());
        clock.advance_s(59);
        assert_eq!(cache.get(&number), Some(one_record()));
        clock.advance_s(1);
        assert_eq!(cache.get(&number), None);
        cache.keep(&number, &one_record());
        cache.forget(&number);
        assert_eq!(cache.get(&number), None);
    }

    #[test]
    fn it_never_grows_beyond_its_bound() {
        let cache = PhoneCache::new(Arc::new(StillClock::default()));
        for last in 0..3 * MOST {
            let number = PhoneNumber::parse_e164(&format!("+1415555{last:04}")).unwrap();
            cache.keep(&number, &one_record());
            assert!(cache.kept.lock().unwrap().len() <= MOST);
        }
    }
}
