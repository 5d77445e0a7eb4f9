//! From which address does a caller call?
//!
//! The last of `X-Forwarded-For` was written by whoever called us, the one before by whoever called that, and the first by anybody:
//! so they are read from the end, and only as long as the one who wrote them is trusted.

use std::net::{IpAddr, SocketAddr};

use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderName;
use actix_web::web::Data;
use ipnet::IpNet;

use crate::http::State;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address that is believed to be the caller's.
pub(super) fn of(request: &ServiceRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let trusted = request.app_data::<Data<State>>().map_or(&[][..], |state| &state.trusted_proxies);
    // Nobody's list is read in vain, on the way of every request.
    if !is_trusted(peer.to_canonical(), trusted) {
        return Some(peer.to_canonical());
    }
    let lines = request.headers().get_all(X_FORWARDED_FOR).filter_map(|line| line.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
    Some(caller(peer, &hops, trusted))
}

fn caller(peer: IpAddr, hops: &[&str], trusted: &[IpNet]) -> IpAddr {
    let mut caller = peer.to_canonical();
    for hop in hops.iter().rev() {
        if !is_trusted(caller, trusted) {
            break;
        }
        let Some(before) = parse(hop.trim()) else { break };
        caller = before.to_canonical();
    }
    caller
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// Some load balancers write the port too.
fn parse(hop: &str) -> Option<IpAddr> {
    let with_port = || hop.parse::<SocketAddr>().map(|address| address.ip());
    hop.parse().or_else(|_no_address| with_port()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, hops: &[&str]) -> String {
        let trusted = ["10.0.0.0/8", "2001:db8::/32"].map(|text| text.parse().unwrap());
        caller(peer.parse().unwrap(), hops, &trusted).to_string()
    }

    #[test]
    fn who_is_not_trusted_is_the_caller_whatever_it_says() {
        assert_eq!(seen("203.0.113.7", &[]), "203.0.113.7");
        assert_eq!(seen("203.0.113.7", &["198.51.100.1"]), "203.0.113.7");
        assert_eq!(seen("::ffff:203.0.113.7", &["198.51.100.1"]), "203.0.113.7");
    }

    #[test]
    fn the_last_one_that_a_trusted_proxy_wrote_is_the_caller() {
        assert_eq!(seen("10.1.2.3", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("10.1.2.3", &["6.6.6.6", " 198.51.100.1 "]), "198.51.100.1");
        assert_eq!(seen("10.1.2.3", &["6.6.6.6", "198.51.100.1", "10.9.9.9"]), "198.51.100.1");
        assert_eq!(seen("2001:db8::1", &["[2001:4860::8]:443"]), "2001:4860::8");
        assert_eq!(seen("::ffff:10.1.2.3", &["198.51.100.1:55555"]), "198.51.100.1");
    }

    #[test]
    fn what_is_no_address_ends_the_search() {
        for nonsense in ["", "unknown", "_hidden", "198.51.100.1.5", "alice"] {
            assert_eq!(seen("10.1.2.3", &["6.6.6.6", nonsense]), "10.1.2.3");
        }
        assert_eq!(seen("10.1.2.3", &[]), "10.1.2.3");
    }
}
