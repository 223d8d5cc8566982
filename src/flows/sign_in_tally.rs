//! How people's sign-ins go: whether Sugar takes the tokens that it has just given them.

use crate::domain::ids::BrowserId;
use crate::gateways::crm::CrmError;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// Refusals in a row that accuse Sugar, from at least [`BROWSERS`]: fewer may be one stale token.
const REFUSALS: u64 = 5;
const BROWSERS: usize = 2;

/// More browsers than this are not told apart.
const MOST_BROWSERS: usize = 100;

/// How people's sign-ins went on this node since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIns {
    /// Tokens that Sugar took.
    pub taken: u64,
    /// Tokens that it refused since it took one.
    pub refused: u64,
    /// From so many browsers; whose token a refused one was is not known.
    pub browsers: usize,
}

impl SignIns {
    /// Whether Sugar refuses everybody, and not just somebody's old token.
    pub const fn are_all_refused(&self) -> bool {
        self.refused >= REFUSALS && self.browsers >= BROWSERS
    }
}

/// Counts them.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    taken: u64,
    refused: u64,
    browsers: HashSet<BrowserId>,
}

impl Tally {
    /// What was counted.
    pub fn count(&self) -> SignIns {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        SignIns {
            taken: counted.taken,
            refused: counted.refused,
            browsers: counted.browsers.len(),
        }
    }

    pub(super) fn note(&self, browser: &BrowserId, error: Option<&CrmError>) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match error {
            None => {
                let taken = counted.taken + 1;
                *counted = Counted {
                    taken,
                    ..Counted::default()
                };
            }
            Some(CrmError::TokenRefused) => {
                counted.refused += 1;
                if counted.browsers.len() < MOST_BROWSERS {
                    counted.browsers.insert(browser.clone());
                }
            }
            // Sugar was not asked, or did not say.
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stale_token_accuses_nobody() {
        let tally = Tally::default();
        let browser = |name: &str| BrowserId::parse(name).unwrap();
        let refuse = |name: &str| tally.note(&browser(name), Some(&CrmError::TokenRefused));
        (0..20).for_each(|_| refuse("one"));
        assert!(!tally.count().are_all_refused());
        refuse("other");
        assert!(tally.count().are_all_refused());
        tally.note(&browser("third"), None);
        (0..4).for_each(|number| refuse(["one", "other"][number % 2]));
        let busy = CrmError::Busy {
            retry_after_s: None,
        };
        tally.note(&browser("one"), Some(&busy));
        let counted = tally.count();
        assert_eq!(
            (counted.taken, counted.refused, counted.browsers),
            (1, 4, 2)
        );
        assert!(!counted.are_all_refused());
        refuse("one");
        assert!(tally.count().are_all_refused());
    }
}
