//! A way to the real store on which no more than some results arrive: the others are answered as a full disk would.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const FULL: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Passes requests on, each on a connection of its own.
pub struct FullStore {
    address: SocketAddr,
}

impl FullStore {
    /// In front of the store at this URL, with room for so many results.
    pub fn before(store: &str, room: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let store: SocketAddr = store.trim_start_matches("http://").parse().unwrap();
        let stored = Arc::new(AtomicUsize::new(0));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let stored = Arc::clone(&stored);
                // One that the worker gives up is no matter.
                std::thread::spawn(move || drop(pass(stream, store, room, &stored)));
            }
        });
        Self { address }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn pass(mut client: TcpStream, store: SocketAddr, room: usize, stored: &AtomicUsize) -> std::io::Result<u64> {
    let mut reader = BufReader::new(client.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    if head.starts_with("PUT /imgfilter/r/") && stored.fetch_add(1, Ordering::Relaxed) >= room {
        client.write_all(FULL.as_bytes())?;
        return Ok(0);
    }
    let mut behind = TcpStream::connect(store)?;
    behind.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
    behind.write_all(&body)?;
    std::io::copy(&mut behind, &mut client)
}
