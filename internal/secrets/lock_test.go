package secrets

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

func TestLockWaitsForTheOther(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	synctest.Test(t, func(t *testing.T) {
		unlock, err := Lock(t.Context(), path)
		must(t, err)
		taken := make(chan time.Time)
		go func() {
			again, err := Lock(t.Context(), path)
			if err != nil {
				t.Error(err)
			}
			taken <- time.Now()
			again()
		}()
		time.Sleep(time.Hour) // of the bubble's clock
		select {
		case <-taken:
			t.Error("two have the lock")
		default:
		}
		released := time.Now()
		unlock()
		if waited := (<-taken).Sub(released); waited > lastRetry {
			t.Errorf("taken %v after it was free", waited)
		}
	})
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestLockGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	synctest.Test(t, func(t *testing.T) {
		unlock, err := Lock(t.Context(), path)
		must(t, err)
		defer unlock()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := Lock(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestLockRefusesALink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.Symlink(filepath.Join(dir, "elsewhere"), filepath.Join(dir, "lock")))
	if _, err := Lock(t.Context(), filepath.Join(dir, "lock")); err == nil {
		t.Error("followed a symbolic link")
	}
}

// lockVariable makes this binary a process that takes the lock it names, and is killed with it.
const lockVariable = "GATEFOLD_SECRETS_TEST_LOCK"

func lockAndWait(path string) int {
	if _, err := Lock(context.Background(), path); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("taken")
	<-time.After(time.Hour) // or until it is killed
	return 0
}

// The lock of another process holds, and is gone with it when that is killed.
func TestLockOverProcesses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	binary, err := os.Executable()
	must(t, err)
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	cmd := exec.CommandContext(ctx, binary)
	cmd.Env = append(os.Environ(), lockVariable+"="+path)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "taken\n" {
		t.Fatalf("%q, %v", line, err)
	}
	waiting, stop := context.WithTimeout(t.Context(), 4*firstRetry)
	defer stop()
	if _, err := Lock(waiting, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	kill()
	if err := cmd.Wait(); err == nil {
		t.Error("the process was not killed")
	}
	unlock, err := Lock(t.Context(), path)
	must(t, err)
	unlock()
}
