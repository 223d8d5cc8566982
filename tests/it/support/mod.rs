//! What the journeys are told with: a stand-in Sugar, the real service as a process, panels,
//! integrators and the contact's phone.

pub mod carrier;
pub mod database;
pub mod front;
pub mod history;
pub mod kannel;
pub mod nats;
pub mod node;
pub mod panel;
pub mod phone;
pub mod postgres;
pub mod proxy;
pub mod raw;
pub mod service;
pub mod sugar;
pub mod telnyx;
pub mod twilio;
pub mod vonage;
pub mod wire;

pub use panel::Panel;
pub use phone::Phone;
pub use service::Service;
pub use sugar::Sugar;

use serde_json::Value;
use std::time::Duration;

/// How long anything may take before a test gives up on it; nothing waits this long when it works.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Asks again and again until the answer is there.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "never happened: {what}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The text at a path such as `session.note.state`.
pub fn at<'a>(value: &'a Value, path: &str) -> &'a str {
    let found = path.split('.').fold(value, |value, key| &value[key]);
    found
        .as_str()
        .unwrap_or_else(|| panic!("no text at {path} in {value}"))
}
