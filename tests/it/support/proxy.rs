//! The wire between a node and what it leans on, which a test may cut or hold.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How the wire is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wire {
    /// Bytes go through.
    Open,
    /// Connections stay and nothing goes through: a partition, seen from either side.
    Held,
    /// Nobody gets through, and who was through is thrown out.
    Cut,
    /// The answer to the next commit of a connection that has these bytes behind it never comes.
    Faithless(&'static str),
}

/// What connections see: the wire, and how often all of them were dropped.
type State = (Wire, u64);

/// A TCP proxy; gone when dropped.
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    state: watch::Sender<State>,
    asked: Arc<AtomicBool>,
    listener: JoinHandle<()>,
}

impl Proxy {
    /// Starts one in front of a server, which may not be there yet.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = watch::Sender::new((Wire::Open, 0));
        let watched = state.clone();
        let asked: Arc<AtomicBool> = Arc::default();
        let of_all = Arc::clone(&asked);
        let listener = tokio::spawn(async move {
            loop {
                let Ok((client, _)) = listener.accept().await else {
                    continue;
                };
                let state = watched.subscribe();
                let heard = Heard {
                    asked: Arc::clone(&of_all),
                    ..Heard::default()
                };
                tokio::spawn(async move {
                    // Dropping both ends is how every connection ends here.
                    let _ = carry(client, server, state, heard).await;
                });
            }
        });
        Self {
            address,
            state,
            asked,
            listener,
        }
    }

    /// Whether anybody has asked the server anything, held or not.
    pub fn was_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// Lets bytes through, those too that were held.
    pub fn open(&self) {
        self.state.send_modify(|state| state.0 = Wire::Open);
    }

    /// Keeps the connections and lets nothing through, as a partition does.
    pub fn hold(&self) {
        self.state.send_modify(|state| state.0 = Wire::Held);
    }

    /// Lets everything through but the answer to the next `COMMIT` of any connection that has sent
    /// some words before: whoever sent it cannot know whether it happened.
    pub fn lose_the_answer_after(&self, words: &'static str) {
        self.state
            .send_modify(|state| state.0 = Wire::Faithless(words));
    }

    /// Ends the connections and takes no new ones.
    pub fn cut(&self) {
        self.state
            .send_modify(|state| *state = (Wire::Cut, state.1 + 1));
    }

    /// Ends the connections; new ones are welcome.
    pub fn drop_connections(&self) {
        self.state.send_modify(|state| state.1 += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listener.abort();
        self.cut();
    }
}

/// Carries one connection until either side ends it or the test drops it.
async fn carry(
    client: TcpStream,
    server: SocketAddr,
    mut state: watch::Receiver<State>,
    heard: Heard,
) -> std::io::Result<()> {
    let (wire, drops) = *state.borrow_and_update();
    if wire == Wire::Cut {
        return Ok(());
    }
    let server = TcpStream::connect(server).await?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (up, down) = (state.clone(), state.clone());
    tokio::select! {
        ended = ask(from_client, to_server, up, &heard) => ended,
        ended = answer(from_server, to_client, down, &heard) => ended,
        _ = state.wait_for(|now| now.1 != drops) => Ok(()),
    }
}

/// What one connection has said.
#[derive(Default)]
struct Heard {
    /// Anything at all, on any connection.
    asked: Arc<AtomicBool>,
    /// The words after which its commits are in danger.
    words: AtomicBool,
    /// And then a commit: it gets no answer any more.
    commit: AtomicBool,
}

impl Heard {
    fn listen(&self, bytes: &[u8], wire: Wire) {
        let said = |words: &str| bytes.windows(words.len()).any(|at| at == words.as_bytes());
        if let Wire::Faithless(words) = wire {
            self.words.fetch_or(said(words), Ordering::SeqCst);
            let lost = self.words.load(Ordering::SeqCst) && said("COMMIT");
            self.commit.fetch_or(lost, Ordering::SeqCst);
        }
    }
}

/// Passes bytes to the server while the wire lets them.
async fn ask(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut state: watch::Receiver<State>,
    heard: &Heard,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        heard.asked.fetch_or(read > 0, Ordering::SeqCst);
        let wire = passable(&mut state).await;
        // What was held when the wire was cut is lost with it.
        if read == 0 || wire == Wire::Cut {
            return Ok(());
        }
        heard.listen(&buffer[..read], wire);
        to.write_all(&buffer[..read]).await?;
    }
}

/// Passes bytes from the server while the wire lets them.
async fn answer(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut state: watch::Receiver<State>,
    heard: &Heard,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        passable(&mut state).await;
        if read == 0 {
            return Ok(());
        }
        if !heard.commit.load(Ordering::SeqCst) {
            to.write_all(&buffer[..read]).await?;
        }
    }
}

/// Waits while the wire is held; how it is then.
async fn passable(state: &mut watch::Receiver<State>) -> Wire {
    // The sender lives as long as the proxy, and without that there is nothing to wait for.
    let passable = state.wait_for(|now| now.0 != Wire::Held).await;
    passable.map_or(Wire::Cut, |now| now.0)
}
