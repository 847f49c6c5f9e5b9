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


def check(make_nginx, directives):
    return make_nginx(configuration=BASE % directives).check()


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
        "upload_store spool; upload_pass_args on; upload_tame_arrays off; upload_limit_rate 128k; upload_pass /next;",
        "upload_store spool; upload_add_header X-Name $upload_file_name; upload_pass @next;",
        "upload_store spool; upload_add_header $host $upload_file_md5; upload_pass @next;",
        "upload_store spool; upload_set_form_field a $upload_content_range; upload_pass @next;",
        "upload_store spool/$host 1 2 3; upload_pass $uri/next;",
        "upload_store spool; upload_append $arg_a; upload_append_offset $http_x; upload_append_limit 5; upload_pass @next;",
        "upload_store $document_root/a; if ($args) { upload_pass @next; }",
        "upload_store spool; upload_resumable off; upload_empty_fiels_names on; upload_pass @next;",
    ],
)
def test_good(make_nginx, directives):
    good, said = check(make_nginx, directives)
    assert good, said
    assert "has no effect" not in said


CLASSIC = """
    upload_pass /next;
    upload_store levels 1;
    upload_state_store tmp 1;
    upload_store_access user:r;
    upload_resumable on;
    upload_buffer_size 128k;
    upload_merge_buffer_size 64k;
    upload_range_header_buffer_size 512;
    upload_max_part_header_len 1k;
    upload_max_file_size 10m;
    upload_max_output_body_len 100k;
    upload_limit_rate 1m;
    upload_tame_arrays on;
    upload_empty_fiels_names on;
    upload_pass_args on;
    upload_add_header X-Range "$upload_content_range";
    upload_set_form_field ${upload_field_name}_name $upload_file_name;
    upload_set_form_field ${upload_field_name}_type $upload_content_type;
    upload_set_form_field ${upload_field_name}_number $upload_file_number;
    upload_set_form_field ${upload_field_name}_path $upload_tmp_path;
    upload_aggregate_form_field ${upload_field_name}_size $upload_file_size;
    upload_aggregate_form_field ${upload_field_name}_md5 $upload_file_md5$upload_file_md5_uc;
    upload_aggregate_form_field ${upload_field_name}_sha1 $upload_file_sha1$upload_file_sha1_uc;
    upload_aggregate_form_field ${upload_field_name}_sha256 $upload_file_sha256$upload_file_sha256_uc;
    upload_aggregate_form_field ${upload_field_name}_sha512 $upload_file_sha512$upload_file_sha512_uc;
    upload_aggregate_form_field ${upload_field_name}_crc32 $upload_file_crc32;
    upload_pass_form_field "^submit$|^description$";
    upload_cleanup 400 404 499 500-505;
"""


def test_a_configuration_of_the_classic_module_loads(make_nginx):
    good, said = check(make_nginx, CLASSIC)
    assert good, said
    for name in ["resumable", "state_store", "merge_buffer_size", "range_header_buffer_size"]:
        assert f'"upload_{name}" has no effect' in said
    assert said.count("has no effect") == 4


@pytest.mark.parametrize(
    ("directives", "complaint"),
    [
        ("upload_pass @next;", 'needs an "upload_store"'),
        ("upload_store spool; upload_pass next;", "named location or a URI"),
        ("upload_store spool; upload_pass @next; upload_pass @next;", "is duplicate"),
        ("upload_store spool; upload_store spool;", "is duplicate"),
        ("upload_store spool; upload_store spool/$host;", "is duplicate"),
        ("upload_store spool/$host; upload_store spool;", "is duplicate"),
        ("upload_store spool/../$host;", 'cannot hold both variables and ".."'),
        ("upload_store spool/$no_such_variable;", 'unknown "no_such_variable" variable'),
        ("upload_store spool 9 9 9;", "invalid value"),
        ("upload_store spool/$host 9 9 9;", "invalid value"),
        ("upload_store spool/$host 0;", "invalid value"),
        ("upload_store spool/$host +1;", "invalid value"),
        ("upload_store spool/$host 1 1 1 1;", "invalid number of arguments"),
        ("upload_cleanup 199;", '"199" is no status'),
        ("upload_cleanup 500-400;", '"500-400" is no status'),
        ("upload_cleanup +400;", '"+400" is no status'),
        ("upload_pass_form_field (;", '"upload_pass_form_field"'),
        ('upload_set_form_field a "$upload_file_size";', "$upload_file_size is known only in"),
        ('upload_set_form_field a "x${upload_file_sha256}y";', "$upload_file_sha256 is known only in"),
        *(
            (f'upload_set_form_field a "$upload_file_{digest}";', f"$upload_file_{digest} is known only in")
            for digest in ["md5", "md5_uc", "sha1", "sha1_uc", "sha256_uc", "sha512", "sha512_uc", "crc32"]
        ),
        ('upload_set_form_field a "$no_such_variable";', 'unknown "no_such_variable" variable'),
        ("upload_append $arg_a; upload_append $arg_b;", '"upload_append": is duplicate'),
        ("upload_append_offset 1; upload_append_offset 2;", '"upload_append_offset": is duplicate'),
        ("upload_append_limit 1; upload_append_limit 2;", '"upload_append_limit": is duplicate'),
        ("upload_append $no_such_variable;", 'unknown "no_such_variable" variable'),
        ("upload_bare_body yes;", "invalid value"),
        ("upload_pass_args yes;", "invalid value"),
        ("upload_tame_arrays yes;", "invalid value"),
        ("upload_limit_rate fast;", "invalid value"),
        ("upload_add_header a;", "invalid number of arguments"),
        ("upload_add_header a $no_such_variable;", 'unknown "no_such_variable" variable'),
        ("upload_resumable yes;", '"upload_resumable": is either "on" or "off"'),
        ("upload_empty_fiels_names yes;", '"upload_empty_fiels_names": is either "on" or "off"'),
        ("upload_max_file_size many;", "invalid value"),
    ],
)
def test_mistakes(make_nginx, directives, complaint):
    good, said = check(make_nginx, directives)
    assert not good
    assert complaint in said
