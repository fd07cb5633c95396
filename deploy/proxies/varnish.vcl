# /etc/varnish/default.vcl: Varnish in front of the API. docs/deploying.md says why each line is there.
vcl 4.1;

backend default {
  .host = "127.0.0.1";
  .port = "3000";
  .first_byte_timeout = 120s;
}

sub vcl_recv {
  # Every answer says no-cache or no-store, so there is nothing to keep. The API itself answers If-None-Match.
  return (pass);
}
