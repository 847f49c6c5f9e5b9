//! The socket between a worker and its engine: each message is one parcel. Between two parcels the kernel keeps the bytes
//! apart, so that each byte comes with its own.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};

/// A message needs a byte for the descriptor to travel with.
const BYTE: [u8; 1] = [0];

/// Sends a parcel.
pub fn send(socket: impl AsFd, parcel: impl AsFd) -> Result<(), Errno> {
    let descriptors = [parcel.as_fd()];
    let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut attached = SendAncillaryBuffer::new(&mut room);
    if !attached.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(Errno::NOBUFS);
    }
    // Whoever has gone is noticed by the error, not by a signal.
    sendmsg(socket, &[IoSlice::new(&BYTE)], &mut attached, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Receives a parcel; none when the other end is closed. A message without one is a broken promise.
pub fn receive(socket: impl AsFd) -> Result<Option<OwnedFd>, Errno> {
    let mut byte = BYTE;
    let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut attached = RecvAncillaryBuffer::new(&mut room);
    let flags = RecvFlags::CMSG_CLOEXEC;
    let received = recvmsg(socket, &mut [IoSliceMut::new(&mut byte)], &mut attached, flags)?;
    if received.bytes == 0 {
        return Ok(None);
    }
    let mut parcels = attached.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
        _ => None,
    });
    parcels.by_ref().flatten().next().map(Some).ok_or(Errno::PROTO)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;
    use crate::engine::parcel::{self, Packing};

    #[test]
    fn parcels_arrive_in_order_and_the_end_is_seen() {
        let (near, far) = UnixStream::pair().unwrap();
        for number in 0..3 {
            send(&near, Packing::new().unwrap().finish(&number).unwrap()).unwrap();
        }
        drop(near);
        for number in 0..3 {
            let (found, _): (i32, _) = parcel::open(receive(&far).unwrap().unwrap()).unwrap();
            assert_eq!(found, number);
        }
        assert!(receive(&far).unwrap().is_none());
        assert_eq!(send(&far, Packing::new().unwrap().finish(&0).unwrap()), Err(Errno::PIPE));
    }

    #[test]
    fn a_message_without_a_parcel_is_refused() {
        let (near, far) = UnixStream::pair().unwrap();
        rustix::net::send(&near, b"x", SendFlags::empty()).unwrap();
        assert_eq!(receive(&far).unwrap_err(), Errno::PROTO);
    }
}
