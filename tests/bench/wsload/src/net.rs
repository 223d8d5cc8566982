//! The clock, epoll and sockets that start without waiting.

use rustix::event::{Timespec, epoll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};
use rustix::process::{Resource, Rlimit};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::os::fd::OwnedFd;
use std::time::Instant;

/// Nanoseconds since the program began.
pub fn now_ns() -> u64 {
    thread_local!(static BEGAN: Instant = Instant::now());
    BEGAN.with(|began| began.elapsed().as_nanos() as u64) + 1
}

/// What is ready: a connection's number and generation, and how.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    /// As given to [`Poller::add`].
    pub index: usize,
    /// As given to [`Poller::add`].
    pub generation: u32,
    /// There is something to read, or the connection broke.
    pub readable: bool,
    /// There is room to write, or the connection broke.
    pub writable: bool,
}

/// What to be told about a connection; that it broke is told always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Something to read.
    Read,
    /// Something to read, or room to write.
    ReadWrite,
    /// Nothing else.
    Broken,
}

impl Interest {
    fn flags(self) -> epoll::EventFlags {
        match self {
            Self::Read => epoll::EventFlags::IN,
            Self::ReadWrite => epoll::EventFlags::IN | epoll::EventFlags::OUT,
            Self::Broken => epoll::EventFlags::empty(),
        }
    }
}

/// Waits for many connections at once.
pub struct Poller {
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
}

fn data(index: usize, generation: u32) -> epoll::EventData {
    epoll::EventData::new_u64(index as u64 | (u64::from(generation) << 32))
}

impl Poller {
    /// A new epoll.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            events: Vec::with_capacity(512),
        })
    }

    /// Begins to watch a connection.
    pub fn add(
        &self,
        stream: &TcpStream,
        index: usize,
        generation: u32,
        interest: Interest,
    ) -> io::Result<()> {
        Ok(epoll::add(
            &self.epoll,
            stream,
            data(index, generation),
            interest.flags(),
        )?)
    }

    /// Changes what to be told about a connection.
    pub fn change(
        &self,
        stream: &TcpStream,
        index: usize,
        generation: u32,
        interest: Interest,
    ) -> io::Result<()> {
        Ok(epoll::modify(
            &self.epoll,
            stream,
            data(index, generation),
            interest.flags(),
        )?)
    }

    /// Waits at most `nanos` and appends what is ready.
    pub fn wait(&mut self, nanos: u64, ready: &mut Vec<Ready>) {
        let timeout = Timespec {
            tv_sec: (nanos / 1_000_000_000) as i64,
            tv_nsec: (nanos % 1_000_000_000) as _,
        };
        let room = rustix::buffer::spare_capacity(&mut self.events);
        // An interrupted wait is one in which nothing came.
        if epoll::wait(&self.epoll, room, Some(&timeout)).is_err() {
            return;
        }
        let broken = epoll::EventFlags::ERR | epoll::EventFlags::HUP;
        for event in self.events.drain(..) {
            let (flags, data) = (event.flags, event.data.u64());
            ready.push(Ready {
                index: (data & 0xffff_ffff) as usize,
                generation: (data >> 32) as u32,
                readable: flags.intersects(epoll::EventFlags::IN | broken),
                writable: flags.intersects(epoll::EventFlags::OUT | broken),
            });
        }
    }
}

/// Begins to connect to a port of this machine, from one of its loopback addresses.
pub fn connect(from: Ipv4Addr, port: u16) -> io::Result<TcpStream> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
    sockopt::set_tcp_nodelay(&socket, true)?;
    rustix::net::bind(&socket, &SocketAddrV4::new(from, 0))?;
    match rustix::net::connect(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)) {
        Ok(()) | Err(Errno::INPROGRESS) => Ok(TcpStream::from(socket)),
        Err(error) => Err(error.into()),
    }
}

/// Allows as many open files as the system lets this process have; returns how many.
pub fn raise_open_files() -> u64 {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    match rustix::process::setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum.unwrap_or(u64::MAX),
        Err(_) => limit.current.unwrap_or(u64::MAX),
    }
}

/// Processor time of this process in milliseconds.
pub fn own_cpu_ms() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1_000.0 + time.tv_nsec as f64 / 1e6
}
