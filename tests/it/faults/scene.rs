//! Who takes part in the fault tests, and what must hold when the faults are over.

use super::dice::Dice;
use super::load::{Load, Role};
use super::truth;
use crate::support::Service;
use crate::support::history::{Ends, check};
use serde_json::json;
use std::time::{Duration, Instant};

/// The settings of a service under load: no limit but those that belong to the test.
pub const SETS: [&str; 4] = [
    "limits.frames_per_10s=100000",
    "limits.token_ttl_s=86400",
    "limits.chat_chars=300",
    "limits.ring_events=50000",
];

/// The members, as sign-in and as events name them.
const MEMBERS: [(&str, &str); 4] = [
    ("sally", "seed_sally_id"),
    ("sarah", "seed_sarah_id"),
    ("jim", "seed_jim_id"),
    ("will", "seed_will_id"),
];

/// The chats, by the members' places: two pairs that share a member, and everybody.
const CHATS: [&[usize]; 3] = [&[0, 1], &[1, 2], &[0, 1, 2, 3]];

/// Members with tokens, and their chats.
pub struct Scene {
    tokens: Vec<String>,
    chats: Vec<String>,
}

impl Scene {
    /// Signs everybody in and opens the chats.
    pub async fn set(service: &Service) -> Self {
        let mut users = Vec::new();
        for (name, _) in MEMBERS {
            users.push(service.sign_in(name).await);
        }
        let mut chats = Vec::new();
        for chat in CHATS {
            let others: Vec<&str> = chat[1..].iter().map(|place| MEMBERS[*place].1).collect();
            let opened = users[chat[0]].post("/v1/chats", json!({"member_ids": others}));
            chats.push(crate::support::at(&opened.await, "id").to_owned());
        }
        let tokens = users.into_iter().map(|user| user.token).collect();
        Self { tokens, chats }
    }

    /// The clients: senders of each temper, and readers that stay, leave and come back; spread
    /// over so many nodes.
    pub fn roles(&self, nodes: usize) -> Vec<Role> {
        let role = |name: &str, member: usize, window: usize, repeats: bool, restless| Role {
            name: format!("{name} of {}", MEMBERS[member].0),
            member: MEMBERS[member].1.to_owned(),
            token: self.tokens[member].clone(),
            conversations: self.chats_of(member),
            window,
            repeats,
            restless,
            node: 0,
        };
        let mut roles = vec![
            role("sender", 0, 8, true, None),
            role("forgetful sender", 0, 4, false, None),
            role("sender", 1, 8, true, None),
            role("restless sender", 2, 4, true, Some(400)),
            role("reader", 0, 0, true, None),
            role("reader", 1, 0, true, None),
            role("restless reader", 2, 0, true, Some(300)),
            role("reader", 3, 0, true, None),
        ];
        for (place, role) in roles.iter_mut().enumerate() {
            role.node = place % nodes;
        }
        roles
    }

    fn chats_of(&self, member: usize) -> Vec<String> {
        let chats = self.chats.iter().zip(CHATS);
        let mine = chats.filter(|(_, members)| members.contains(&member));
        mine.map(|(id, _)| id.clone()).collect()
    }

    /// Lets the senders finish and the readers read up, and compares all they saw with what is
    /// stored and with what the service tells; panics with everything that does not fit.
    pub async fn finish(&self, mut load: Load, service: &Service, database_url: &str) -> Verdict {
        load.settle().await;
        let settled = Instant::now();
        let mut truth = truth::stored(database_url);
        load.read_up(truth::last_of(&truth)).await;
        let read_up = settled.elapsed();
        let readers = load.end().await;
        for (chat, members) in self.chats.iter().zip(CHATS) {
            let token = &self.tokens[members[0]];
            let ids = truth::listed(service, token, chat).await;
            truth.api.insert(chat.clone(), ids);
        }
        let violations = check(&load.history().entries(), &truth, &readers);
        for violation in violations.iter().take(20) {
            eprintln!("{violation}");
        }
        assert_eq!(violations.len(), 0, "promises were broken");
        Verdict {
            ends: load.history().ends(),
            stored: truth.messages.len(),
            applied: readers.iter().map(|reader| reader.events.len()).sum(),
            read_up,
        }
    }
}

/// What came out of a run in which every promise was kept.
#[derive(Debug)]
pub struct Verdict {
    /// How the sends ended.
    pub ends: Ends,
    /// Messages in the database.
    pub stored: usize,
    /// Events that readers applied, all together.
    pub applied: usize,
    /// From the last send's end until every reader had everything.
    pub read_up: Duration,
}

/// Waits for a moment that chance decides: it is the fault's time and no synchronisation.
pub async fn a_moment(dice: &mut Dice, most: Duration) {
    tokio::time::sleep(dice.moment(most)).await;
}

/// Milliseconds, for results.
pub fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap()
}
