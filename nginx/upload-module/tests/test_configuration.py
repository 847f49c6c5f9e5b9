"""What `nginx -t` says of configurations."""

import pytest

BASE = """
@USER@
daemon off;
pid nginx.pid;
error_log error.log info;
load_module @MODULE@;
events {}
http {
    access_log off;
    client_body_temp_path tmp/body; proxy_temp_path tmp/proxy; fastcgi_temp_path tmp/fastcgi;
    uwsgi_temp_path tmp/uwsgi; scgi_temp_path tmp/scgi;
    server { listen unix:@FOLDER@/h1.sock; location / { %s } location @next { return 200; } }
}
"""


def check(own_nginx, directives):
    return own_nginx(configuration=BASE % directives).check()


@pytest.mark.parametrize(
    "directives",
    [
        "upload_store spool; upload_pass @next;",
        "upload_store spool 1 2; upload_store_access user:rw group:rw all:r; upload_pass /next;",
        "upload_store spool; upload_cleanup 400 404 499 500-505; upload_pass @next;",
        "upload_store spool; upload_max_file_size 0; upload_max_output_body_len 0; upload_pass @next;",
        "upload_store spool; upload_buffer_size 128k; upload_max_part_header_len 4k; upload_pass @next;",
        'upload_store spool; upload_pass_form_field "^submit$|^description$"; upload_pass @next;',
        'upload_store spool; upload_set_form_field $upload_field_name.path "$upload_tmp_path"; upload_pass @next;',
        'upload_store spool; upload_aggregate_form_field a "$upload_file_size$upload_file_sha256"; upload_pass @next;',
        "upload_store spool; if ($args) { upload_pass @next; }",
        "upload_store spool; limit_except GET { upload_pass @next; }",
    ],
)
def test_good(own_nginx, directives):
    good, said = check(own_nginx, directives)
    assert good, said


@pytest.mark.parametrize(
    ("directives", "complaint"),
    [
        ("upload_pass @next;", 'needs an "upload_store"'),
        ("upload_store spool; upload_pass next;", "named location or a URI"),
        ("upload_store spool; upload_pass @next; upload_pass @next;", "is duplicate"),
        ("upload_store spool; upload_store spool;", "is duplicate"),
        ("upload_store spool/$host; upload_pass @next;", "cannot hold variables"),
        ("upload_store spool 9 9 9;", "invalid value"),
        ("upload_cleanup 199;", '"199" is no status'),
        ("upload_cleanup 500-400;", '"500-400" is no status'),
        ("upload_cleanup +400;", '"+400" is no status'),
        ("upload_pass_form_field (;", '"upload_pass_form_field"'),
        ('upload_set_form_field a "$upload_file_size";', "$upload_file_size is known only in"),
        ('upload_set_form_field a "x${upload_file_sha256}y";', "$upload_file_sha256 is known only in"),
        ('upload_set_form_field a "$no_such_variable";', 'unknown "no_such_variable" variable'),
        ("upload_bare_body yes;", "invalid value"),
        ("upload_max_file_size many;", "invalid value"),
    ],
)
def test_mistakes(own_nginx, directives, complaint):
    good, said = check(own_nginx, directives)
    assert not good
    assert complaint in said
