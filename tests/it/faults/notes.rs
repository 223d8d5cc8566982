//! Sessions close while Sugar misbehaves and the service is killed (promise 6, reliability T7).

use super::dice::Dice;
use super::scene::a_moment;
use crate::support::{Service, at, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tokio::task::block_in_place;

/// Sessions in the short form; `RL_NOTE_SESSIONS` says otherwise.
const SESSIONS: usize = 40;
/// Steps between two kills, at most; a step takes some tenths of a second.
const STEPS_BETWEEN_KILLS: usize = 12;
/// One session in so many is about a contact that is deleted before it closes.
const POISON: usize = 20;
/// One Note in so many is deleted by a person.
const DELETIONS: usize = 20;

/// Every time that Sugar is given, shorter: none of them is the point.
const SETS: [&str; 9] = [
    "sugar.timeout_s=2",
    "sugar.settle_s=3",
    "sugar.check_note_s=4",
    "jobs.retry_first_ms=50",
    "jobs.retry_longest_ms=800",
    "limits.token_ttl_s=86400",
    "sms.caps.sender_hour=100000",
    "sms.caps.prefix_hour=100000",
    "sms.caps.prefix_day=100000",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_closed_session_becomes_one_note_under_the_chosen_id() {
    notes_survive("notes under the chosen id", false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_closed_session_becomes_one_note_under_an_id_of_sugars() {
    notes_survive("notes under an id of Sugar's", true).await;
}

async fn notes_survive(test: &str, ignore_client_id: bool) {
    let wanted = super::from_env("RL_NOTE_SESSIONS").unwrap_or(SESSIONS);
    let (dice, seed) = Dice::thrown(test);
    let service = Service::with(&SETS).await;
    let begun = Instant::now();
    let mut rig = Rig::open(service, dice, wanted, ignore_client_id).await;
    rig.close_among_faults().await;
    let during_outage = rig.outage().await;
    rig.calm().await;
    rig.wait_for_all().await;
    let notes = rig.check().await;
    super::keep(json!({
        "test": test, "seed": seed, "sessions": wanted, "notes": notes, "doubled": 0, "kills": rig.kills,
        "deleted_by_a_person": rig.deleted.len(), "recreated": 0, "poisoned": rig.poisoned.len(),
        "reopened": rig.reopened, "creates": rig.service.sugar.requests_of("POST", "/Notes").await,
        "doubles_deleted_by_us": rig.doubles_deleted, "seconds": begun.elapsed().as_secs(),
        "outage": during_outage,
    }));
}

/// One session with a contact of its own.
struct One {
    id: String,
    /// The texts that its Note must have.
    texts: Vec<String>,
    open: bool,
}

struct Rig {
    service: Service,
    dice: Dice,
    token: String,
    sugar_token: String,
    sessions: BTreeMap<String, One>,
    poisoned: BTreeSet<String>,
    deleted: BTreeSet<String>,
    ignore_client_id: bool,
    kills: usize,
    reopened: usize,
    doubles_deleted: usize,
}

impl Rig {
    /// Opens the sessions, each with a text, while all is well.
    async fn open(service: Service, dice: Dice, wanted: usize, ignore_client_id: bool) -> Self {
        service.sugar.contacts(wanted).await;
        let mut sessions = BTreeMap::new();
        let sally = service.sign_in("sally").await;
        for number in 0..wanted {
            let contact = format!("bulk_contact_{number}");
            let id = sally.text_contact(&contact).await;
            let text = format!("text {number} of all");
            sally.say(&id, &text).await;
            let one = One {
                id,
                texts: vec![text],
                open: true,
            };
            sessions.insert(contact, one);
        }
        let (token, sugar_token) = (sally.token.clone(), sally.sugar_token.clone());
        let mut rig = Self {
            service,
            dice,
            token,
            sugar_token,
            sessions,
            poisoned: BTreeSet::new(),
            deleted: BTreeSet::new(),
            ignore_client_id,
            kills: 0,
            reopened: 0,
            doubles_deleted: 0,
        };
        rig.poison(wanted.div_ceil(POISON)).await;
        rig
    }

    /// Deletes some of the contacts: their Notes have no place to go.
    async fn poison(&mut self, count: usize) {
        let admin = self.service.sugar.sign_in("admin", "base").await;
        let contacts: Vec<String> = self.sessions.keys().cloned().collect();
        while self.poisoned.len() < count {
            let contact = &contacts[self.dice.below(contacts.len())];
            if self.poisoned.insert(contact.clone()) {
                let path = format!("Contacts/{contact}");
                let sugar = &self.service.sugar;
                sugar.rest(Method::DELETE, &path, Some(&admin), None).await;
            }
        }
    }

    async fn close_among_faults(&mut self) {
        let deletions = self.sessions.len() / DELETIONS;
        let mut until_kill = STEPS_BETWEEN_KILLS / 2;
        let mut left: usize = 10;
        while left > 0 {
            self.misbehave().await;
            for _ in 0..=self.dice.below(4) {
                self.close_one().await;
            }
            if self.dice.one_in(4) {
                self.text_once_more().await;
            }
            if self.deleted.len() < deletions && self.dice.one_in(2) {
                self.delete_one().await;
            }
            a_moment(&mut self.dice, Duration::from_millis(500)).await;
            if until_kill == 0 {
                block_in_place(|| {
                    self.service.kill();
                    self.service.start_again();
                });
                self.kills += 1;
                until_kill = 1 + self.dice.below(STEPS_BETWEEN_KILLS);
            }
            until_kill -= 1;
            // When all are closed the faults go on for a while, and some are still to be deleted.
            if self.sessions.values().all(|one| !one.open) && self.deleted.len() == deletions {
                left -= 1;
            }
        }
        assert!(self.kills > 0);
    }

    /// All is well with Sugar, but for what an instance is set to.
    async fn calm(&self) {
        let sugar = &self.service.sugar;
        for (name, usual) in [
            ("maintenance", json!(false)),
            ("html_502", json!(false)),
            ("fatal_error", json!(false)),
            ("latency_ms", json!(0)),
            ("hang", json!(0)),
            ("rate_limit", json!(0)),
            ("huge_answer", json!(0)),
            ("drop_after_store", json!(false)),
            ("store_late", json!(0)),
            ("refuse_refresh", json!(false)),
            ("access_token_lifetime", json!(3_600)),
            ("translated", json!(false)),
        ] {
            sugar.switch(name, usual).await;
        }
        sugar
            .switch("ignore_client_id", self.ignore_client_id)
            .await;
    }

    /// Throws the dice for every fault. Three creates in ten are stored and their answer dropped,
    /// one is stored late.
    async fn misbehave(&mut self) {
        self.calm().await;
        let sugar = &self.service.sugar;
        let seldom =
            |name: &str, value: Value| json!({"name": name, "value": value, "chance": 0.2});
        let answer = if self.dice.one_in(2) {
            json!(true)
        } else {
            json!("broken")
        };
        let late = 1 + self.dice.below(2);
        let mut faults = vec![
            json!({"name": "drop_after_store", "value": answer, "chance": 0.3}),
            json!({"name": "store_late", "value": late, "chance": 0.1}),
        ];
        let others = [
            seldom("html_502", json!(true)),
            seldom("fatal_error", json!(true)),
            seldom("latency_ms", json!(500)),
            seldom("rate_limit", json!(1)),
            seldom("huge_answer", json!(5_000_000)),
            json!({"name": "hang", "value": 3, "times": 1}),
            json!({"name": "maintenance", "value": true}),
            json!({"name": "access_token_lifetime", "value": 1}),
            json!({"name": "refuse_refresh", "value": true, "times": 1}),
            json!({"name": "translated", "value": true}),
        ];
        faults.extend(others.into_iter().filter(|_| self.dice.one_in(5)));
        if self.dice.one_in(10) {
            // Somebody else signs in as the service, and throws it out.
            sugar.sign_in("riverline", "riverline").await;
        }
        let letter = ["A", "B", "C"][self.dice.below(3)];
        faults.push(json!({"name": "refresh_failure", "value": letter}));
        for fault in faults {
            sugar.set_switch(fault).await;
        }
    }

    async fn post(&self, path: &str, body: Value) {
        let request = self.service.request(Method::POST, path);
        let request = request.bearer_auth(&self.token);
        let request = request.header("Sugar-Token", &self.sugar_token).json(&body);
        crate::support::service::send(request).await.ok();
    }

    async fn close_one(&mut self) {
        let next = self.sessions.iter().find(|(_, one)| one.open);
        if let Some((contact, one)) = next {
            let (contact, id) = (contact.clone(), one.id.clone());
            let path = format!("/v1/sms-sessions/{id}/close");
            self.post(&path, json!({})).await;
            self.one(&contact).open = false;
        }
    }

    fn one(&mut self, contact: &str) -> &mut One {
        self.sessions.get_mut(contact).unwrap()
    }

    /// Opens a closed session again by another text.
    async fn text_once_more(&mut self) {
        let closed = self.sessions.iter().filter(|(_, one)| !one.open);
        let closed: Vec<String> = closed.map(|(contact, _)| contact.clone()).collect();
        if closed.is_empty() || self.sessions.values().all(|one| !one.open) {
            return;
        }
        let contact = &closed[self.dice.below(closed.len())];
        let text = format!("more for {contact}, {}", self.reopened);
        let path = format!("/v1/conversations/{}/messages", self.one(contact).id);
        self.post(&path, json!({"text": text})).await;
        let one = self.one(contact);
        one.texts.push(text);
        one.open = true;
        self.reopened += 1;
    }

    /// A person deletes a Note, whether the service knows of it yet or not.
    async fn delete_one(&mut self) {
        self.calm().await;
        let alive = self.notes().await;
        let alive: Vec<&Value> = alive.iter().filter(|note| note["deleted"] == 0).collect();
        if alive.is_empty() {
            return;
        }
        let note = alive[self.dice.below(alive.len())];
        let admin = self.service.sugar.sign_in("admin", "base").await;
        let path = format!("Notes/{}", at(note, "id"));
        let gone = self
            .service
            .sugar
            .rest(Method::DELETE, &path, Some(&admin), None);
        gone.await;
        self.deleted.insert(at(note, "parent_id").to_owned());
    }

    /// All Notes of sessions that are or were in Sugar.
    async fn notes(&self) -> Vec<Value> {
        let stored = self.service.sugar.records("Notes").await;
        let ours = |note: &Value| at(note, "name").contains("[rl:");
        stored.into_iter().filter(ours).collect()
    }

    /// Sugar is away for a while, and many jobs wait for it: how often it is asked.
    async fn outage(&mut self) -> Value {
        self.calm().await;
        let asked_for = if self.sessions.len() > SESSIONS {
            30
        } else {
            4
        };
        self.service.sugar.switch("maintenance", true).await;
        let all: Vec<String> = self.sessions.keys().cloned().collect();
        for (number, contact) in all.iter().enumerate().take(20) {
            let text = format!("in the outage, {number}");
            let id = self.one(contact).id.clone();
            self.post(
                &format!("/v1/conversations/{id}/messages"),
                json!({"text": text}),
            )
            .await;
            self.post(&format!("/v1/sms-sessions/{id}/close"), json!({}))
                .await;
            self.one(contact).texts.push(text);
        }
        let told = self.service.log().len();
        eventually("a call of after the beginning was refused", || async {
            self.service.log()[told..]
                .contains("a moment ago")
                .then_some(())
        })
        .await;
        // Calls that were under way when the gate closed still go out; none takes longer than this.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let (before, since) = (self.service.sugar.requests().await, Instant::now());
        let mut asked = 0;
        while asked < asked_for {
            assert!(
                since.elapsed() < Duration::from_secs(120),
                "Sugar is not asked"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
            asked = self.service.sugar.requests().await - before;
        }
        let seconds = since.elapsed().as_secs_f64();
        // The first may have come just after we began to count, the last just before we looked.
        assert!(
            seconds >= asked as f64 - 1.1,
            "{asked} requests in {seconds} s"
        );
        json!({"requests": asked, "seconds": seconds})
    }

    /// Waits until no work is left but what was set aside.
    async fn wait_for_all(&self) {
        let limit = Duration::from_secs(60 + self.sessions.len() as u64);
        let since = Instant::now();
        let waiting = "SELECT kind AS text FROM outbox WHERE parked = FALSE";
        while let left = self.service.texts_of(waiting)
            && !left.is_empty()
        {
            assert!(since.elapsed() < limit, "still waiting: {left:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// One Note for each session, with all its texts; none for those that cannot have one.
    async fn check(&mut self) -> usize {
        let reasons = "SELECT last_error AS text FROM outbox WHERE parked = TRUE";
        let reasons = self.service.texts_of(reasons);
        assert_eq!(reasons.len(), self.poisoned.len(), "{reasons:?}");
        assert!(
            reasons
                .iter()
                .all(|reason| reason.contains("no longer in Sugar"))
        );
        let mut of: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for note in self.notes().await {
            of.entry(at(&note, "parent_id").to_owned())
                .or_default()
                .push(note);
        }
        let mut alive = 0;
        for (contact, one) in &self.sessions {
            let all = of.remove(contact).unwrap_or_default();
            let (living, gone): (Vec<_>, Vec<_>) =
                all.iter().partition(|note| note["deleted"] == 0);
            let by_person = self.deleted.contains(contact);
            self.doubles_deleted += gone.len() - usize::from(by_person);
            let expected = !by_person && !self.poisoned.contains(contact);
            assert_eq!(living.len(), usize::from(expected), "{contact}: {all:#?}");
            for note in living {
                for text in &one.texts {
                    let body = at(note, "description");
                    // A kill may have met it on its way: then it is marked.
                    let times: usize = [format!("{text}\n"), format!("{text} [")]
                        .iter()
                        .map(|line| body.matches(line).count())
                        .sum();
                    assert_eq!(times, 1, "{text}: {body}");
                }
            }
            alive += usize::from(expected);
        }
        assert!(of.is_empty(), "Notes of nobody: {of:?}");
        alive
    }
}
