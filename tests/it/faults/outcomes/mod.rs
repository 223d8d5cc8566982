//! Carriers do what they do, the service is killed where it hurts most, and people opt out in the
//! middle of it (promises 5 and 7, reliability T6).

mod carrier;
mod member;
mod verdict;

use super::dice::Dice;
use super::scene::{a_moment, ms};
use crate::support::postgres::Postgres;
use crate::support::service::{Setup, UNCAPPED};
use crate::support::sugar::free_port;
use crate::support::twilio::{ACCOUNT, Fault, TOKEN, Twilio};
use crate::support::{Service, eventually};
use carrier::{BEHAVIOURS, Receipts};
use member::Member;
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use tokio::task::{JoinSet, block_in_place};

/// Texts in the short form, beside those of kills and STOPs; `RL_OUTCOMES` says otherwise.
const TEXTS: usize = 126;
/// Kills in the short form; `RL_OUTCOME_KILLS` says otherwise.
const KILLS: usize = 8;
/// STOPs in the short form; `RL_OUTCOME_STOPS` says otherwise.
const STOPS: usize = 20;
/// When a STOP arrives, seen from the moment a text is sent, in milliseconds.
const OFFSETS_MS: [i64; 10] = [-60, -30, -10, -3, 0, 3, 10, 30, 60, 150];
/// What the carrier does with a text around which a STOP arrives.
const AROUND_A_STOP: [&[Fault]; 5] = [
    &[],
    &[Fault::Busy, Fault::Busy],
    &[Fault::AnswerLater],
    &[Fault::HangAfter],
    &[Fault::Refuse(21610)],
];
/// Sessions that are texted all the time.
const SESSIONS: usize = 12;
/// Members' calls at once.
const CALLERS: usize = 6;
/// Texts through a carrier whose TLS fails.
const WITHOUT_TLS: usize = 3;
/// Texts that a person sends again, at most.
const AGAIN: usize = 12;

/// Ours, at the carrier.
const NUMBER: &str = "+14155550142";

/// Every time that is given, shorter: none of them is the point.
const SETS: [&str; 7] = [
    "sms.look_up_s=3",
    "jobs.retry_first_ms=20",
    "jobs.retry_longest_ms=200",
    "jobs.give_up_s=5",
    "limits.token_ttl_s=86400",
    "sms.caps.number_day=1000000",
    "sms.caps.day=1000000",
];

/// Where the service is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    /// The text is queued: no attempt is committed.
    Queued,
    /// The attempt is committed; the carrier has read nothing of the text.
    Unread,
    /// The carrier has taken the text and not answered.
    Taken,
    /// The answer is stored.
    Stored,
}

const POINTS: [Point; 4] = [Point::Queued, Point::Unread, Point::Taken, Point::Stored];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_text_is_sent_twice_whatever_the_carrier_does_on_sqlite() {
    let database = tempfile::tempdir().unwrap();
    let file = database.path().join("riverline.db");
    outcomes(
        "outcomes on sqlite",
        &format!("sqlite://{}", file.display()),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_text_is_sent_twice_whatever_the_carrier_does_on_postgresql() {
    let url = block_in_place(Postgres::shared).database();
    outcomes("outcomes on postgresql", &url).await;
}

async fn outcomes(test: &str, database_url: &str) {
    let texts = super::from_env("RL_OUTCOMES").unwrap_or(TEXTS);
    let kills = super::from_env("RL_OUTCOME_KILLS").unwrap_or(KILLS);
    let stops = super::from_env("RL_OUTCOME_STOPS").unwrap_or(STOPS);
    let (mut dice, seed) = Dice::thrown(test);
    let begun = Instant::now();
    let mut rig = Rig::start(database_url, &mut dice).await;
    let senders = rig.senders(texts);
    let opting_out = rig.opting_out(stops);
    for kill in 0..kills {
        rig.has_sent(texts * (kill + 1) / (kills + 1)).await;
        if kill == kills / 2 {
            rig.carrier_is_away(&mut dice).await;
        }
        rig.kill_at(POINTS[kill % POINTS.len()], kill).await;
    }
    rig.send_without_tls().await;
    senders.join_all().await;
    opting_out.await.unwrap();
    rig.send_again().await;
    let calm = Instant::now();
    let waiting =
        "SELECT id AS text FROM message WHERE state IN ('scheduled', 'queued', 'sending')";
    rig.until_none("waits", waiting, 60).await;
    let ended = calm.elapsed();
    let receipts = rig.receipts.take().unwrap();
    let undelivered = Arc::clone(&receipts.undelivered);
    let told = receipts.end().await;
    let unknown = "SELECT id AS text FROM message WHERE state = 'unknown'";
    rig.until_none("is unknown", unknown, 60).await;
    let known = calm.elapsed();
    let sent = rig.member.sent.lock().unwrap().clone();
    let undelivered = undelivered.lock().unwrap().clone();
    let verdict = verdict::check(&rig.service, &rig.twilio, &sent, &undelivered);
    let called_off = verdict::check_stops(&rig.service);
    super::keep(json!({
        "test": test, "seed": seed, "sends": sent.len(), "kills": kills, "stops": stops,
        "taken": verdict.taken, "doubled": 0, "sent_after_stop": 0,
        "requests": verdict.requests, "surely_not_taken_and_repeated": verdict.repeated,
        "states": verdict.states, "called_off_or_overtaken": called_off,
        "refused_after_stop": sent.iter().filter(|(_, taken)| !taken).count(), "receipts": told,
        "none_waits_after_ms": ms(ended), "none_unknown_after_ms": ms(known),
        "seconds": begun.elapsed().as_secs(),
    }));
}

struct Rig {
    service: Service,
    twilio: Arc<Twilio>,
    member: Arc<Member>,
    receipts: Option<Receipts>,
    /// Sessions with their phones.
    sessions: Vec<(String, String)>,
    /// One for each point of kills.
    aimed: Vec<(String, String)>,
    /// Those who opt out.
    weary: Vec<(String, String)>,
    sent: watch::Sender<usize>,
}

impl Rig {
    async fn start(database_url: &str, dice: &mut Dice) -> Self {
        let twilio = Arc::new(Twilio::start().await);
        let listen = format!("listen.public=127.0.0.1:{}", free_port());
        let sets: Vec<&str> = [listen.as_str()]
            .into_iter()
            .chain(SETS)
            .chain(UNCAPPED)
            .collect();
        let without_tls = format!(
            "[[gateways]]\nid = \"tls\"\nkind = \"twilio\"\nsecret = \"{}\"\n\
             base_url = \"{}\"\naccount_sid = \"{ACCOUNT}\"\nauth_token = \"{TOKEN}\"\n\
             [[numbers]]\nid = \"tls\"\nnumber = \"+14155550143\"\ngateway = \"tls\"\n",
            "1".repeat(32),
            twilio.url.replace("http:", "https:"),
        );
        let service = Setup {
            database_url: Some(database_url.to_owned()),
            more: twilio.settings(NUMBER) + &without_tls,
            sets: &sets,
            ..Setup::default()
        }
        .start()
        .await;
        let contacts = SESSIONS + POINTS.len() + OFFSETS_MS.len() + 1;
        service.sugar.contacts(contacts).await;
        let sally = service.sign_in("sally").await;
        let member = Arc::new(Member {
            url: service.url.clone(),
            token: sally.token.clone(),
            sugar_token: sally.sugar_token.clone(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            sent: Mutex::default(),
        });
        let mut open = Vec::new();
        for contact in 1..contacts {
            open.push(member.open(contact, "twilio").await);
        }
        let weary = open.split_off(SESSIONS + POINTS.len());
        let aimed = open.split_off(SESSIONS);
        // The one that a carrier names others like has a name itself.
        member.send(&open[0].0, "the first of all").await;
        eventually("the first text is taken", || async {
            twilio.has_seen("the first of all").then_some(())
        })
        .await;
        let receipts = Receipts::begin(&twilio, dice.split());
        Self {
            service,
            twilio,
            member,
            receipts: Some(receipts),
            sessions: open,
            aimed,
            weary,
            sent: watch::Sender::new(0),
        }
    }

    /// Members who text, each text to a carrier that does something else.
    fn senders(&self, texts: usize) -> JoinSet<()> {
        let left = Arc::new(Mutex::new(0..texts));
        let mut senders = JoinSet::new();
        for _ in 0..CALLERS {
            let (left, member) = (Arc::clone(&left), Arc::clone(&self.member));
            let (twilio, sent) = (Arc::clone(&self.twilio), self.sent.clone());
            let sessions = self.sessions.clone();
            senders.spawn(async move {
                loop {
                    let Some(n) = left.lock().unwrap().next() else {
                        return;
                    };
                    let (what, faults) = BEHAVIOURS[n % BEHAVIOURS.len()];
                    let text = format!("text {n}: the carrier {what}");
                    twilio.script(&text, faults);
                    member.send(&sessions[n % sessions.len()].0, &text).await;
                    sent.send_modify(|sent| *sent += 1);
                }
            });
        }
        senders
    }

    /// People who say STOP around the moment that they are texted, and START afterwards.
    fn opting_out(&self, stops: usize) -> tokio::task::JoinHandle<()> {
        let (member, twilio) = (Arc::clone(&self.member), Arc::clone(&self.twilio));
        let weary = self.weary.clone();
        tokio::spawn(async move {
            for round in 0..stops {
                let offset = OFFSETS_MS[round % OFFSETS_MS.len()];
                let faults = AROUND_A_STOP[(round + round / 10) % AROUND_A_STOP.len()];
                let (session, peer) = &weary[round % weary.len()];
                let text = format!("around STOP {round}");
                twilio.script(&text, faults);
                let later = |ms: i64| Duration::from_millis(u64::try_from(ms).unwrap_or(0));
                let send = async {
                    tokio::time::sleep(later(-offset)).await;
                    member.send(session, &text).await;
                };
                let stop = async {
                    tokio::time::sleep(later(offset)).await;
                    let stop = twilio.take_in(peer, NUMBER, "STOP", 0);
                    member.hears(&twilio, &stop).await;
                };
                tokio::join!(send, stop);
                let start = twilio.take_in(peer, NUMBER, "START", 0);
                member.hears(&twilio, &start).await;
            }
        })
    }

    async fn has_sent(&self, wanted: usize) {
        let mut sent = self.sent.subscribe();
        let wait = sent.wait_for(|sent| *sent >= wanted);
        let waited = tokio::time::timeout(3 * crate::support::PATIENCE, wait).await;
        waited.expect("texts are sent").unwrap();
    }

    /// Nobody listens at the carrier's for a moment.
    async fn carrier_is_away(&self, dice: &mut Dice) {
        self.twilio.leave().await;
        a_moment(dice, Duration::from_millis(600)).await;
        self.twilio.come_back().await;
    }

    /// Brings a text to a point, and kills the service there.
    async fn kill_at(&mut self, point: Point, kill: usize) {
        let text = format!("at kill {kill}");
        let faults: &[Fault] = match point {
            Point::Queued | Point::Taken => &[Fault::HoldAfter],
            Point::Unread => &[Fault::HoldBefore],
            Point::Stored => &[],
        };
        self.twilio.script(&text, faults);
        let (session, _) = &self.aimed[kill % self.aimed.len()];
        let id = self.member.send(session, &text).await.unwrap();
        let state = format!("SELECT state AS text FROM message WHERE id = '{id}'");
        eventually("the text is where the kill is aimed at", || async {
            let there = match point {
                Point::Stored => self.service.texts_of(&state) != ["sending"],
                _ => true,
            };
            (self.twilio.has_seen(&text) && there).then_some(())
        })
        .await;
        if point == Point::Queued {
            let behind = format!("behind kill {kill}");
            self.member.send(session, &behind).await;
        }
        block_in_place(|| {
            self.service.kill();
            self.service.start_again();
        });
    }

    /// Not one byte of a text can leave: they are given up when it is time.
    async fn send_without_tls(&self) {
        let (session, _) = self.member.open(0, "tls").await;
        for n in 0..WITHOUT_TLS {
            let text = format!("without TLS {n}");
            self.member.send(&session, &text).await;
        }
    }

    /// A person decides about some texts whose outcome is failed or unknown; not within the second
    /// of the first attempt, since the carrier's list tells no two texts alike in it apart.
    async fn send_again(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let seen_before = now.as_millis() - 2_000;
        let query = format!(
            "SELECT conversation_id || ' ' || id AS text FROM message \
             WHERE state IN ('failed', 'unknown') AND text LIKE 'text %' \
             AND NOT EXISTS (SELECT 1 FROM attempt WHERE message_id = message.id \
             AND started_at > {seen_before}) ORDER BY seq DESC"
        );
        let rows = self.service.texts_of(&query);
        assert!(!rows.is_empty(), "nobody has anything to send again");
        for row in rows.iter().take(AGAIN) {
            let (session, old) = row.split_once(' ').unwrap();
            self.member.send_again(session, old).await;
        }
    }

    /// Waits until a query finds nothing, at most so many seconds.
    async fn until_none(&self, what: &str, query: &str, seconds: u64) {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        while let left = self.service.texts_of(query)
            && !left.is_empty()
        {
            assert!(Instant::now() < deadline, "{what}: {left:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
