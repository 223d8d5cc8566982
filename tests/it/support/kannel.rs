//! The real Kannel of Debian: its boxes, and what stands behind them, on free ports.

use super::service::{GATEWAY_SECRET, Service, Setup};
use super::sugar::free_port;
use super::{PATIENCE, eventually};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// Our number behind Kannel.
pub const KANNEL_NUMBER: &str = "+14155550177";

/// What stands behind Kannel.
pub enum Link<'s> {
    /// Kannel's own pretended SMSC.
    Fake,
    /// An SMSC that speaks SMPP.
    Smpp(&'s Smsc),
}

/// A running Kannel; gone when dropped.
pub struct Kannel {
    folder: TempDir,
    config: String,
    password: &'static str,
    send_port: u16,
    admin_port: u16,
    fake_port: u16,
    link_is_fake: bool,
    processes: Vec<Child>,
    phone: Option<ChildStdin>,
    /// The port at which the service listens, whenever it does.
    pub service_port: u16,
}

impl Kannel {
    /// A Kannel that does not run yet.
    pub fn absent(link: &Link<'_>, core: &str) -> Self {
        let [admin, boxes, send, fake, service] = [(); 5].map(|()| free_port());
        let (smsc, link_is_fake) = match link {
            Link::Fake => (
                format!(
                    "smsc = fake\nsmsc-id = FAKE\nhost = 127.0.0.1\nport = {fake}\n\
                     connect-allow-ip = 127.0.0.1"
                ),
                true,
            ),
            Link::Smpp(smsc) => (
                format!(
                    "smsc = smpp\nsmsc-id = SMPP\nhost = 127.0.0.1\nport = {}\n\
                     transceiver-mode = true\nsmsc-username = esme\nsmsc-password = secret12\n\
                     system-type = \"\"\ninterface-version = 34\naddress-range = \"\"\n\
                     source-addr-autodetect = true\nreconnect-delay = 1",
                    smsc.port
                ),
                false,
            ),
        };
        let config = format!(
            "group = core\nadmin-port = {admin}\nadmin-interface = 127.0.0.1\n\
             admin-password = adm\nstatus-password = st\nadmin-allow-ip = \"127.0.0.1\"\n\
             smsbox-port = {boxes}\nsmsbox-interface = 127.0.0.1\nbox-allow-ip = \"127.0.0.1\"\n\
             dlr-storage = internal\nsms-resend-freq = 1\n{core}\n\
             group = smsc\n{smsc}\n\n\
             group = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = {send}\n\
             sendsms-interface = 127.0.0.1\nhttp-request-retry = 60\nhttp-queue-delay = 1\n\n\
             group = sendsms-user\nusername = u\npassword = a-password-of-kannel\n\
             max-messages = 10\nconcatenation = true\n\n\
             group = sms-service\nkeyword = default\ncatch-all = true\nmax-messages = 0\n\
             get-url = \"http://127.0.0.1:{service}/gateways/kannel/{GATEWAY_SECRET}/inbound\
             ?from=%p&to=%P&hex=%e&charset=%C&coding=%c&time=%T&id=%I&udh=%u\"\n"
        );
        Self {
            folder: tempfile::tempdir().unwrap(),
            config,
            password: "a-password-of-kannel",
            send_port: send,
            admin_port: admin,
            fake_port: fake,
            link_is_fake,
            processes: Vec::new(),
            phone: None,
            service_port: service,
        }
    }

    /// A Kannel that is connected to what stands behind it.
    pub async fn start(link: &Link<'_>) -> Self {
        let mut kannel = Self::absent(link, "");
        kannel.run().await;
        kannel
    }

    /// Starts its boxes and waits until they are connected.
    pub async fn run(&mut self) {
        let file = self.folder.path().join("kannel.conf");
        std::fs::write(&file, &self.config).unwrap();
        let file = file.to_str().unwrap().to_owned();
        self.spawn("/usr/sbin/bearerbox", &["-v", "0", &file]);
        self.says("Status: running").await;
        self.spawn("/usr/sbin/smsbox", &["-v", "0", &file]);
        self.says("smsbox:").await;
        if self.link_is_fake {
            let port = self.fake_port.to_string();
            let arguments = ["-H", "127.0.0.1", "-r", &port];
            self.spawn("/usr/lib/kannel/test/fakesmsc", &arguments);
            self.phone = self.processes.last_mut().unwrap().stdin.take();
        }
        self.says("(online").await;
    }

    fn spawn(&mut self, program: &str, arguments: &[&str]) {
        let log = |what: &str| {
            let name = program.rsplit('/').next().unwrap();
            File::create(self.folder.path().join(format!("{name}.{what}"))).unwrap()
        };
        let process = Command::new(program)
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(log("out"))
            .stderr(log("log"))
            .spawn();
        let hint = format!("{program} is missing: tests/scripts/bootstrap test");
        self.processes.push(process.expect(&hint));
    }

    async fn says(&self, words: &str) {
        let url = format!(
            "http://127.0.0.1:{}/status.txt?password=st",
            self.admin_port
        );
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        eventually(&format!("Kannel says {words}"), || async {
            let answer = http.get(&url).send().await.ok()?;
            answer.text().await.ok()?.contains(words).then_some(())
        })
        .await;
    }

    /// The fake SMSC's phone sends: sender, receiver, `text` or `ucs2`, and the body as it reads it.
    pub fn text(&mut self, from: &str, to: &str, kind: &str, body: &str) {
        let phone = self.phone.as_mut().expect("a fake SMSC");
        writeln!(phone, "{from} {to} {kind} {body}").unwrap();
    }

    /// What the fake SMSC got so far.
    pub fn fake_got(&self) -> Vec<String> {
        let out = std::fs::read_to_string(self.folder.path().join("fakesmsc.log")).unwrap();
        let got = out
            .lines()
            .filter_map(|line| line.split_once("Got message"));
        got.map(|(_, text)| text.to_owned()).collect()
    }

    /// From now on services beside it believe in another password.
    pub fn change_password(&mut self) {
        self.password = "a-password-of-others";
    }

    /// The service beside it, with a number there.
    pub async fn service(&self, sets: &[&str]) -> Service {
        let listen = format!("listen.public=127.0.0.1:{}", self.service_port);
        let more = format!(
            "[[gateways]]\nid = \"kannel\"\nkind = \"kannel\"\nsecret = \"{GATEWAY_SECRET}\"\n\
             send_url = \"http://127.0.0.1:{}/cgi-bin/sendsms\"\nusername = \"u\"\n\
             password = \"{}\"\n\
             [[numbers]]\nid = \"kannel\"\nnumber = \"{KANNEL_NUMBER}\"\ngateway = \"kannel\"\n",
            self.send_port, self.password
        );
        let sets: Vec<&str> = [listen.as_str()].iter().chain(sets).copied().collect();
        let usual = Setup::default();
        Setup {
            sets: &sets,
            more,
            ..usual
        }
        .start()
        .await
    }
}

impl Drop for Kannel {
    fn drop(&mut self) {
        for process in &mut self.processes {
            if process.kill().is_ok() {
                process.wait().unwrap();
            }
        }
        if std::thread::panicking() {
            for name in ["bearerbox.log", "smsbox.log", "fakesmsc.log"] {
                let log = std::fs::read_to_string(self.folder.path().join(name));
                eprintln!("{name}:\n{}", log.unwrap_or_default());
            }
        }
    }
}

/// An SMSC on npm's `smpp`; gone when dropped.
pub struct Smsc {
    port: u64,
    process: Child,
    events: Arc<Mutex<Vec<Value>>>,
}

impl Smsc {
    /// Starts one.
    pub async fn start() -> Self {
        let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
        let mut process = Command::new("node")
            .arg("it/support/smsc.js")
            .current_dir(tests)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let events = Arc::new(Mutex::new(Vec::new()));
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let written = Arc::clone(&events);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let event = serde_json::from_str(&line).unwrap();
                written.lock().unwrap().push(event);
            }
        });
        let mut smsc = Self {
            port: 0,
            process,
            events,
        };
        smsc.port = smsc.event("port").await.as_u64().unwrap();
        smsc
    }

    /// A phone sends a text, in parts if some are named.
    pub fn text(&mut self, text: &Value) {
        writeln!(self.process.stdin.as_mut().unwrap(), "{text}").unwrap();
    }

    /// Everything of a kind so far.
    pub fn events(&self, kind: &str) -> Vec<Value> {
        let events = self.events.lock().unwrap();
        events
            .iter()
            .filter_map(|event| event.get(kind).cloned())
            .collect()
    }

    /// The first event of a kind.
    pub async fn event(&self, kind: &str) -> Value {
        eventually(kind, || async { self.events(kind).into_iter().next() }).await
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        if self.process.kill().is_ok() {
            self.process.wait().unwrap();
        }
    }
}

/// A hook that says 503 to so many calls and is gone; returns what was called.
pub async fn refuse_calls(port: u16, calls: usize) -> Vec<String> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port))
        .await
        .unwrap();
    let mut called = Vec::new();
    while called.len() < calls {
        let accepted = tokio::time::timeout(PATIENCE, listener.accept()).await;
        let (mut stream, _) = accepted.unwrap().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if stream.read(&mut byte).await.unwrap() == 0 {
                break;
            }
            head.push(byte[0]);
        }
        let answer =
            "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        stream.write_all(answer.as_bytes()).await.unwrap();
        let head = String::from_utf8(head).unwrap();
        called.push(head.lines().next().unwrap_or_default().to_owned());
    }
    called
}
