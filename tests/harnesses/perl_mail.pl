#!/usr/bin/env perl
# Email sessions on Net::POP3, Net::SMTP and Mail::IMAPClient, behind the harness protocol.
# The libraries decide what happens; this file only says which of them a call is meant for.
use strict;
use warnings;
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use Net::Cmd qw(CMD_OK);
use Net::POP3;
use Net::SMTP;
use Mail::IMAPClient;
use IO::Socket::SSL;

my $json    = JSON::PP->new->utf8->canonical;
my $minutes = 10 * 60;          # how long a start waits unless EmailSetTimeOut says otherwise
my %sessions;                   # identity => { protocol => client }
my ( $seconds, $error ) = ( $minutes, '' );

$| = 1;
$SIG{PIPE} = 'IGNORE';

# What nobody can verify: the certificate is made by the suite for one run.
my %unverified = ( SSL_verify_mode => IO::Socket::SSL::SSL_VERIFY_NONE );

my %connect = (
    pop3 => sub {
        my ( $host, $port, $user, $password, $tls ) = @_;
        my %tls = $tls ? ( SSL => 1, %unverified ) : ();
        my $pop = Net::POP3->new( $host, Port => $port, Timeout => $seconds, %tls )
            or die "no POP3 server answers: $@\n";
        defined $pop->login( $user, $password ) or die 'POP3: ' . $pop->message;
        return $pop;
    },
    smtp => sub {
        my ( $host, $port, $user, $password, $tls ) = @_;
        my %tls = $tls ? ( SSL => 1, %unverified ) : ();
        my $smtp = Net::SMTP->new( $host, Port => $port, Timeout => $seconds, Hello => 'localhost', %tls )
            or die "no SMTP server answers: $@\n";
        # Net::SMTP::auth needs Authen::SASL for the same line.
        my $token = encode_base64( "\0$user\0$password", '' );
        $smtp->command( 'AUTH', 'PLAIN', $token )->response() == CMD_OK
            or die 'SMTP: ' . $smtp->message;
        return $smtp;
    },
    imap => sub {
        my ( $host, $port, $user, $password, $tls ) = @_;
        my @tls = $tls ? ( Ssl => [%unverified] ) : ();
        my $imap = Mail::IMAPClient->new(
            Server => $host, Port => $port, User => $user, Password => $password,
            Timeout => $seconds, @tls
        ) or die "IMAP: $@\n";
        return $imap;
    },
);
my %leave = (
    pop3 => sub { $_[0]->quit },
    smtp => sub { $_[0]->quit },
    imap => sub { $_[0]->logout },
);

sub identity {
    my ($session) = @_;
    for my $kind (qw(variable integer user)) {
        return "$kind $session->{$kind}" if defined $session->{$kind};
    }
    die { code => -32602, message => 'session is none of user, variable, integer' };
}

sub end {
    my ($mine) = @_;
    for my $protocol ( sort keys %$mine ) {
        eval { $leave{$protocol}->( $mine->{$protocol} ) };
    }
}

# Open all that is asked for, or nothing; each is [protocol, "host:port", tls].
sub start {
    my ( $params, @wanted ) = @_;
    my ( $name, %opened ) = identity( $params->{session} );
    my $well = eval {
        for my $one (@wanted) {
            my ( $protocol, $address, $tls ) = @$one;
            my ( $host, $port ) = $address =~ /^(.*):(\d+)$/ or die "$address is no host:port\n";
            $opened{$protocol} =
                $connect{$protocol}->( $host, $port, $params->{session}{user}, $params->{password}, $tls );
        }
        1;
    };
    if ( !$well ) {
        $error = $@ || 'failed';
        end( \%opened );
        return result( JSON::PP::false );
    }
    for my $protocol ( keys %opened ) {
        my $before = delete $sessions{$name}{$protocol};
        end( { $protocol => $before } ) if $before;
        $sessions{$name}{$protocol} = $opened{$protocol};
    }
    return result( JSON::PP::true );
}

sub one {
    my ($protocol) = @_;
    return sub { start( $_[0], [ $protocol, $_[0]{server}, $_[0]{tls} ] ) };
}

sub result { return { return => $_[0] } }

sub failed {
    my ( $text, $value ) = @_;
    $error = $text;
    return result($value);
}

my %functions = (
    EmailStartPOP3Session => one('pop3'),
    EmailStartSMTPSession => one('smtp'),
    EmailStartIMAPSession => one('imap'),
    EmailStartSession     => sub {
        my ($params) = @_;
        my @smtp = defined $params->{smtp} ? [ 'smtp', $params->{smtp} ] : ();
        return start( $params, [ 'pop3', $params->{pop3} ], @smtp );
    },
    EmailCloseSession => sub {
        end( delete $sessions{ identity( $_[0]{session} ) } || {} );
        return result(undef);
    },
    EmailSetTimeOut => sub {
        $seconds = $_[0]{milliseconds} / 1000;
        return result(undef);
    },
    EmailGetCount => sub {
        my $mine = $sessions{ identity( $_[0]{session} ) } || {};
        my $count;
        if ( $mine->{pop3} ) {
            ($count) = $mine->{pop3}->popstat;
        }
        elsif ( $mine->{imap} ) {
            $count = $mine->{imap}->message_count('INBOX');
        }
        return defined $count ? result( $count + 0 ) : failed( 'no mailbox can be read', undef );
    },
    EmailSendMessage => sub {
        my ($params) = @_;
        my $smtp = ( $sessions{ identity( $params->{session} ) } || {} )->{smtp};
        my $sent =
               $smtp
            && $smtp->mail('harness@localhost')
            && $smtp->to( $params->{to} )
            && $smtp->data("To: $params->{to}\nSubject: $params->{subject}\n\nHello.\n");
        return $sent ? result( JSON::PP::true ) : failed( 'the mail was not sent', JSON::PP::false );
    },
);

sub reset_all {
    end($_) for values %sessions;
    %sessions = ();
    ( $seconds, $error ) = ( $minutes, '' );
    return {};
}

my %other = (
    initialize => sub {
        return {
            protocol       => 1,
            implementation => { name => 'Perl mail clients', version => "$Mail::IMAPClient::VERSION", language => 'Perl' },
            families       => {
                email => {
                    functions => [ sort keys %functions, 'ErrorInfo' ],
                    observes  => ['live'],
                    protocols => [ 'pop3', 'smtp', 'imap' ],
                    tls       => JSON::PP::true,
                }
            },
        };
    },
    begin     => \&reset_all,
    shutdown  => \&reset_all,
    observe   => sub { return { live => { sessions => 0 + map { keys %$_ } values %sessions } } },
    ErrorInfo => sub {
        return { occurred => $error ne '' ? JSON::PP::true : JSON::PP::false, message => "$error" };
    },
);

while ( my $line = <STDIN> ) {
    next if $line !~ /\S/;
    my $request = $json->decode($line);
    my ( $method, $params ) = @$request{qw(method params)};
    my $answer = { jsonrpc => '2.0', id => $request->{id} };
    my $code = $functions{$method} || $other{$method};
    $error = '' if $functions{$method};
    if ( !$code ) {
        $answer->{error} = { code => -32601, message => "$method is not offered" };
    }
    elsif ( !eval { $answer->{result} = $code->($params); 1 } ) {
        $answer->{error} =
            ref $@ eq 'HASH'
            ? $@
            : { code => -32003, message => "$@", data => { type => 'die', message => "$@" } };
    }
    print $json->encode($answer), "\n";
    last if $method eq 'shutdown';
}
