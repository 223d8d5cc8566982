//! A bare relay on the service's own stack: no sign-in, nothing stored, nothing acknowledged.
//!
//! `GET /ws?user=U[&channel=C]`; in: `{"to":"U2","text":".."}` or `{"channel":"C","text":".."}`; out:
//! `{"from":"U","text":".."}`. Usage: `floor PORT`.

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt, web};
use actix_ws::{Message, MessageStream, Session};
use bytestring::ByteString;
use futures_util::StreamExt as _;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

type Users = HashMap<String, Session>;

#[derive(Default)]
struct Hub {
    users: RwLock<Users>,
    channels: RwLock<HashMap<String, Users>>,
}

#[derive(serde::Deserialize)]
struct Query {
    user: String,
    channel: Option<String>,
}

#[derive(serde::Deserialize)]
struct In<'a> {
    #[serde(borrow)]
    to: Option<&'a str>,
    #[serde(borrow)]
    channel: Option<&'a str>,
    #[serde(borrow)]
    text: Cow<'a, str>,
}

#[derive(serde::Serialize)]
struct Out<'a> {
    from: &'a str,
    text: &'a str,
}

impl Hub {
    fn join(&self, query: &Query, session: &Session) {
        let user = query.user.clone();
        if let Some(channel) = &query.channel {
            let mut channels = self
                .channels
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            let members = channels.entry(channel.clone()).or_default();
            members.insert(user.clone(), session.clone());
        }
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        users.insert(user, session.clone());
    }

    /// Only from the channel: under its own name a newer connection may have come.
    fn leave(&self, query: &Query) {
        let Some(channel) = &query.channel else {
            return;
        };
        let mut channels = self
            .channels
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(members) = channels.get_mut(channel) {
            members.remove(&query.user);
        }
    }

    fn receivers(&self, message: &In<'_>) -> Vec<Session> {
        if let Some(to) = message.to {
            let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
            return users.get(to).cloned().into_iter().collect();
        }
        let channels = self.channels.read().unwrap_or_else(PoisonError::into_inner);
        let members = message.channel.and_then(|channel| channels.get(channel));
        members.map_or_else(Vec::new, |members| members.values().cloned().collect())
    }
}

async fn relay(hub: &Hub, user: &str, text: &str) -> Option<()> {
    let message: In<'_> = serde_json::from_str(text).ok()?;
    let out = Out {
        from: user,
        text: &message.text,
    };
    let frame = ByteString::from(serde_json::to_string(&out).ok()?);
    for mut session in hub.receivers(&message) {
        // Who has gone is told nothing.
        let _ = session.text(frame.clone()).await;
    }
    Some(())
}

async fn serve(hub: web::Data<Hub>, query: Query, mut session: Session, mut stream: MessageStream) {
    while let Some(Ok(message)) = stream.next().await {
        let done = match message {
            Message::Text(text) => relay(&hub, &query.user, &text).await,
            Message::Ping(bytes) => session.pong(&bytes).await.ok(),
            Message::Close(_) => None,
            _ => Some(()),
        };
        if done.is_none() {
            break;
        }
    }
    hub.leave(&query);
    let _ = session.close(None).await;
}

async fn open(
    request: HttpRequest,
    body: web::Payload,
    query: web::Query<Query>,
    hub: web::Data<Hub>,
) -> actix_web::Result<HttpResponse> {
    let (response, session, stream) = actix_ws::handle(&request, body)?;
    hub.join(&query, &session);
    rt::spawn(serve(hub, query.into_inner(), session, stream));
    Ok(response)
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok());
    let port: u16 = port.ok_or_else(|| std::io::Error::other("usage: floor PORT"))?;
    let hub = web::Data::new(Hub::default());
    let app = move || {
        App::new()
            .app_data(hub.clone())
            .route("/ws", web::get().to(open))
    };
    HttpServer::new(app)
        .workers(2)
        .backlog(4_096)
        .max_connections(60_000)
        .bind(("127.0.0.1", port))?
        .run()
        .await
}
