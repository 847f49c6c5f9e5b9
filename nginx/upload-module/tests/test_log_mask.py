"""The error log of a server whose URLs are keys."""

import http.client
import socket

import pytest

CONFIGURATION = """
@USER@
daemon off;
pid nginx.pid;
error_log error.log info;
load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
load_module @MODULE@;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path tmp/body;
    proxy_temp_path tmp/proxy;
    fastcgi_temp_path tmp/fastcgi;
    uwsgi_temp_path tmp/uwsgi;
    scgi_temp_path tmp/scgi;
    server {
        listen unix:@FOLDER@/h1.sock;
        listen unix:@FOLDER@/h2.sock http2;
        upload_log_mask @MASK@;
        location / { content_by_lua_block { ngx.log(ngx.ERR, "something is wrong") ngx.say("well") } }
    }
}
"""


def ask(server, target: str) -> None:
    connection = http.client.HTTPConnection("x")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(server.folder / "h1.sock"))
    connection.request("GET", target, headers={"Referer": "http://x/d/referred"})
    assert connection.getresponse().read() == b"well\n"
    connection.close()


@pytest.mark.parametrize("target, told", [("/d/secret/a.jpg?secret", 'request: "GET /d"'), ("/Secret", 'request: "GET /-"')])
def test_only_the_first_word_is_told(make_nginx, target, told):
    server = make_nginx(configuration=CONFIGURATION, MASK="on").start()
    ask(server, target)
    lines = [line for line in server.log().splitlines() if "client: unix:" in line]
    assert any("something is wrong" in line and told in line for line in lines)
    assert not any("ecret" in line or "referr" in line for line in lines)


def test_all_is_told_where_nothing_else_is_wanted(make_nginx):
    server = make_nginx(configuration=CONFIGURATION, MASK="off").start()
    ask(server, "/d/secret/a.jpg")
    assert 'request: "GET /d/secret/a.jpg HTTP/1.1"' in server.log()
